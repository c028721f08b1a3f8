/* GRUUs: written, resolved, forged. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/account.h"
#include "features/gruu.h"
#include "storage/storage.h"
#include "test.h"

#include <stdlib.h>

static const uint8_t key[GRUU_KEY_SIZE] = "sixteen bytes ke";

/* What a test works with; all NULL where memory was short. */
struct setting {
	struct domain *domain;
	struct gruus *gruus;
	struct account *account;
	struct binding *binding;
	struct device device;
	struct buffer written;
	struct arena arena;
};

static bool setting_init(struct setting *setting)
{
	static const char texts[] = "urn:uuid:1"
				    "call-1";
	*setting = (struct setting){0};
	arena_init(&setting->arena, NULL, 100000);
	buffer_init(&setting->written, 10000);
	setting->domain = domain_create(SLICE("example.test"), NULL, 0, NULL);
	setting->gruus = setting->domain ? gruus_create(setting->domain, key) : NULL;
	setting->account = calloc(1, sizeof *setting->account + 8);
	setting->binding = calloc(1, sizeof *setting->binding + sizeof texts);
	if (!setting->gruus || !setting->account || !setting->binding)
		return false;
	memcpy(setting->account->user, "al ice", 6);
	setting->account->user_length = 6;
	setting->device.id = storage_device_id(SLICE("urn:uuid:1"));
	setting->binding->device = &setting->device;
	setting->binding->lengths[BINDING_INSTANCE] = 10;
	setting->binding->lengths[BINDING_CALL_ID] = 6;
	memcpy(setting->binding->text, texts, sizeof texts);
	gruu_write_parameters(setting->gruus, &setting->written, setting->account, setting->binding);
	return !buffer_failed(&setting->written);
}

static void setting_finish(struct setting *setting)
{
	gruus_destroy(setting->gruus);
	domain_destroy(setting->domain);
	free(setting->account);
	free(setting->binding);
	buffer_finish(&setting->written);
	arena_finish(&setting->arena);
}

/* Resolves the quoted value of `name` in what was written, after `spoil` changed it. */
static int resolve(struct setting *setting, const char *name, struct gruu_target *target, void (*spoil)(char *))
{
	struct slice value;
	struct sip_uri uri;
	if (!sip_parameter_find(slice_from(buffer_slice(&setting->written), 1), slice_text(name), &value) ||
	    value.length < 2)
		return ERR_SYNTAX;
	value = slice_of(value.at + 1, value.length - 2);
	if (spoil)
		spoil((char *)(uintptr_t)value.at);
	if (sip_uri_parse(value, &uri) != 0)
		return ERR_SYNTAX;
	return gruu_is(&uri) ? gruu_resolve(setting->gruus, &setting->arena, &uri, target) : ERR_NOT_FOUND;
}

static void public_and_temporary_gruu_lead_to_the_device(void)
{
	struct setting setting;
	struct gruu_target public = {0}, temporary = {0};
	bool made = setting_init(&setting);
	int public_result = made ? resolve(&setting, "pub-gruu", &public, NULL) : 0;
	int temporary_result = made ? resolve(&setting, "temp-gruu", &temporary, NULL) : 0;
	bool right = made && slice_equal(public.user, SLICE("al ice")) &&
		     slice_equal(temporary.user, SLICE("al ice")) && public.device_id == setting.device.id &&
		     temporary.device_id == setting.device.id && public.call_id_mark == 0 &&
		     temporary.call_id_mark == gruu_call_id_mark(SLICE("call-1"));
	setting_finish(&setting);
	CHECK_NUMBER(public_result, 0);
	CHECK_NUMBER(temporary_result, 0);
	CHECK(right);
}

static void spoil_one_digit(char *uri)
{
	uri[30] = uri[30] == '0' ? '1' : '0';
}

static void forged_temporary_gruu_is_not_ours(void)
{
	struct setting setting;
	struct gruu_target target = {0};
	int result = setting_init(&setting) ? resolve(&setting, "temp-gruu", &target, spoil_one_digit) : ERR_NOT_FOUND;
	setting_finish(&setting);
	CHECK_NUMBER(result, ERR_NOT_FOUND);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"public_and_temporary_gruu_lead_to_the_device", public_and_temporary_gruu_lead_to_the_device,
		 TEST_PLAIN},
		{"forged_temporary_gruu_is_not_ours", forged_temporary_gruu_is_not_ours, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
