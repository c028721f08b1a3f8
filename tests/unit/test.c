/* The unit tests' harness: runs tables of tests, counts allocations and makes them fail.
 *
 * The linker sends malloc and its kin here (--wrap). Blocks are kept in a set of addresses rather than counted, so
 * that memory which a library allocated and our code frees, or the reverse, does not upset the count.
 * SPDX-License-Identifier: MIT */
#include "test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_STARVED_RUNS 2000

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void __real_free(void *block);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
void __wrap_free(void *block);

/* The allocation functions have no argument for a context: this is the one place for global state. */
static struct {
	pthread_mutex_t mutex;
	void **slots; /* open addressing, a power of two of them */
	size_t slot_count, blocks;
	uint64_t allocations, fail_at; /* fail_at 0: none fails */
	bool starved, failed;
} harness = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static size_t home_of(const void *block)
{
	return (size_t)((uint64_t)(uintptr_t)block * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (harness.slot_count - 1);
}

static void put(void *block)
{
	size_t slot = home_of(block);
	while (harness.slots[slot])
		slot = (slot + 1) & (harness.slot_count - 1);
	harness.slots[slot] = block;
}

static void grow(void)
{
	size_t count = harness.slot_count;
	void **slots = harness.slots;
	harness.slot_count = count > 0 ? count * 2 : 4096;
	harness.slots = __real_calloc(harness.slot_count, sizeof(void *));
	if (!harness.slots)
		abort();
	for (size_t i = 0; i < count; i++) {
		if (slots[i])
			put(slots[i]);
	}
	__real_free(slots);
}

static void remember(void *block)
{
	if (!block)
		return;
	(void)pthread_mutex_lock(&harness.mutex);
	if ((harness.blocks + 1) * 2 > harness.slot_count)
		grow();
	put(block);
	harness.blocks++;
	(void)pthread_mutex_unlock(&harness.mutex);
}

/* Blocks behind the removed one are put in again, so that no search stops at the gap. */
static void close_gap(size_t slot)
{
	harness.slots[slot] = NULL;
	for (slot = (slot + 1) & (harness.slot_count - 1); harness.slots[slot];
	     slot = (slot + 1) & (harness.slot_count - 1)) {
		void *block = harness.slots[slot];
		harness.slots[slot] = NULL;
		put(block);
	}
}

static void forget(const void *block)
{
	(void)pthread_mutex_lock(&harness.mutex);
	if (block && harness.slot_count > 0) {
		size_t slot = home_of(block);
		while (harness.slots[slot] && harness.slots[slot] != block)
			slot = (slot + 1) & (harness.slot_count - 1);
		if (harness.slots[slot]) {
			close_gap(slot);
			harness.blocks--;
		}
	}
	(void)pthread_mutex_unlock(&harness.mutex);
}

static bool allocation_fails(void)
{
	(void)pthread_mutex_lock(&harness.mutex);
	bool fails = ++harness.allocations == harness.fail_at;
	(void)pthread_mutex_unlock(&harness.mutex);
	return fails;
}

void *__wrap_malloc(size_t bytes)
{
	void *block = allocation_fails() ? NULL : __real_malloc(bytes);
	remember(block);
	return block;
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	void *block = allocation_fails() ? NULL : __real_calloc(count, bytes);
	remember(block);
	return block;
}

void *__wrap_realloc(void *block, size_t bytes)
{
	if (allocation_fails())
		return NULL;
	/* Forgotten first: once the system has it back another thread may be given the same address. */
	forget(block);
	void *moved = __real_realloc(block, bytes);
	remember(moved ? moved : bytes > 0 ? block : NULL);
	return moved;
}

void __wrap_free(void *block)
{
	forget(block);
	__real_free(block);
}

bool test_is_starved(void)
{
	return harness.starved;
}

/* A check failed: tells whether that is to be said. */
static bool fail(const char *file, int line)
{
	if (harness.starved)
		return false;
	harness.failed = true;
	(void)printf("# %s:%d: ", file, line);
	return true;
}

bool test_check(bool good, const char *file, int line, const char *what)
{
	if (!good && fail(file, line))
		(void)printf("not true: %s\n", what);
	return good;
}

bool test_check_number(int64_t got, int64_t wanted, const char *file, int line, const char *what)
{
	if (got != wanted && fail(file, line))
		(void)printf("%s is %lld, not %lld\n", what, (long long)got, (long long)wanted);
	return got == wanted;
}

bool test_check_text(struct slice got, struct slice wanted, const char *file, int line, const char *what)
{
	bool good = slice_equal(got, wanted);
	if (!good && fail(file, line))
		(void)printf("%s is \"%.*s\", not \"%.*s\"\n", what, SLICE_ARGS(got), SLICE_ARGS(wanted));
	return good;
}

/* One run; says whether it left as many blocks as it found. `fail_at` 0: no allocation fails. */
static bool run_once(const struct test *test, uint64_t fail_at)
{
	size_t before = harness.blocks;
	harness.allocations = 0;
	harness.fail_at = fail_at;
	harness.starved = fail_at > 0;
	test->run();
	harness.fail_at = 0;
	harness.starved = false;
	if (harness.blocks == before)
		return true;
	(void)printf("# %s: %zu blocks before, %zu after", test->name, before, harness.blocks);
	if (fail_at > 0)
		(void)printf(", where allocation %llu failed", (unsigned long long)fail_at);
	(void)printf("\n");
	return false;
}

/* The first, second, … allocation fails, until a run ends before it gets to the one that would. */
static bool run_starved(const struct test *test)
{
	for (uint64_t fail_at = 1; fail_at <= MOST_STARVED_RUNS; fail_at++) {
		if (!run_once(test, fail_at))
			return false;
		if (harness.allocations < fail_at)
			return true;
	}
	(void)printf("# %s: only the first %d allocations were made to fail\n", test->name, MOST_STARVED_RUNS);
	return true;
}

static bool run_test(const struct test *test)
{
	harness.failed = false;
	bool good = run_once(test, 0) && !harness.failed;
	/* A test that fails anyway says little about memory. */
	return good && (test->flags == TEST_WITHOUT_OOM || run_starved(test));
}

int test_run(int argc, char **argv, const struct test *tests, size_t count)
{
	size_t passed = 0, failed = 0;
	/* Lines appear in order with those of the sanitizers, also when one of them ends the program. */
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < count; i++) {
		if (argc > 1 && !strstr(tests[i].name, argv[1]))
			continue;
		bool good = run_test(&tests[i]);
		(void)printf("%s %s\n", good ? "ok" : "not ok", tests[i].name);
		*(good ? &passed : &failed) += 1;
	}
	(void)printf("%zu passed, %zu failed\n", passed, failed);
	return failed > 0 || passed == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
