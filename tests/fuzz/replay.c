/* Runs a fuzz target over files: each argument is one, or a folder of them; then over some hundred broken copies of
 * each. For builds without libFuzzer, so that the seeds, inputs that once broke something, and what is near them are
 * tests. The copies are the same in every run. SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool fail(const char *path)
{
	(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return false;
}

enum { COPIES_PER_SEED = 3000, CHANGES_MOST = 4 };

/* xorshift64: small, and the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* One change: a byte replaced, a part cut out, or a part doubled where there is room. Returns the new size. */
static size_t change(uint8_t *data, size_t size, size_t room, uint64_t *state)
{
	static const char telling[] = "\r\n :;,<>\"\\@%=0\0\377?[]/z";
	if (size == 0)
		return 0;
	size_t at = (size_t)(next_random(state) % size);
	size_t length = (size_t)(next_random(state) % (size - at)) % 40 + 1;
	if (length > size - at)
		length = size - at;
	switch (next_random(state) % 4) {
	case 0:
		memmove(data + at, data + at + length, size - at - length);
		return size - length;
	case 1:
		if (size + length > room)
			return size;
		memmove(data + at + length, data + at, size - at);
		return size + length;
	case 2:
		data[at] = (uint8_t)telling[next_random(state) % (sizeof(telling) - 1)];
		return size;
	default:
		data[at] ^= (uint8_t)(1 << next_random(state) % 8);
		return size;
	}
}

/* Each copy has memory of its exact size. */
static bool run_broken_copies(const uint8_t *data, size_t size)
{
	uint64_t state = 0x9e3779b97f4a7c15u ^ size;
	size_t room = size + 200;
	uint8_t *work = malloc(room);
	bool good = work != NULL;
	for (int i = 0; i < COPIES_PER_SEED && good; i++) {
		memcpy(work, data, size);
		size_t changed = size;
		for (uint64_t changes = next_random(&state) % CHANGES_MOST + 1; changes > 0; changes--)
			changed = change(work, changed, room, &state);
		uint8_t *exact = malloc(changed > 0 ? changed : 1);
		good = exact != NULL;
		if (good) {
			memcpy(exact, work, changed);
			(void)LLVMFuzzerTestOneInput(exact, changed);
		}
		free(exact);
	}
	free(work);
	return good;
}

/* The whole file in memory of its exact size, so that a sanitizer sees one byte too far. */
static bool replay_file(const char *path, off_t size)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return fail(path);
	uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
	bool good = data && fread(data, 1, (size_t)size, file) == (size_t)size;
	if (good)
		(void)LLVMFuzzerTestOneInput(data, (size_t)size);
	else
		(void)fail(path);
	good = good && run_broken_copies(data, (size_t)size);
	free(data);
	(void)fclose(file);
	return good;
}

static bool replay(const char *path, size_t *count);

static bool replay_folder(const char *path, size_t *count)
{
	DIR *folder = opendir(path);
	if (!folder)
		return fail(path);
	bool good = true;
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		char inside[4096];
		if (entry->d_name[0] == '.')
			continue;
		int length = snprintf(inside, sizeof(inside), "%s/%s", path, entry->d_name);
		good = length > 0 && (size_t)length < sizeof(inside) && replay(inside, count) && good;
	}
	(void)closedir(folder);
	return good;
}

static bool replay(const char *path, size_t *count)
{
	struct stat about;
	if (stat(path, &about) != 0)
		return fail(path);
	if (S_ISDIR(about.st_mode))
		return replay_folder(path, count);
	++*count;
	return replay_file(path, about.st_size);
}

int main(int argc, char **argv)
{
	bool good = true;
	size_t count = 0;
	for (int i = 1; i < argc; i++)
		good = replay(argv[i], &count) && good;
	(void)printf("%zu inputs, and %d broken copies of each\n", count, COPIES_PER_SEED);
	return good && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
