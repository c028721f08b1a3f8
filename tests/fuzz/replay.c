/* Runs a fuzz target over files: each argument is one, or a folder of them. For builds without libFuzzer, so that the
 * seeds, and inputs that once broke something, are tests. SPDX-License-Identifier: MIT */
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
	(void)printf("%zu inputs\n", count);
	return good && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
