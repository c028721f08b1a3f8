/* Lists of texts in rows. SPDX-License-Identifier: MIT */
#include "texts.h"

#include "database.h"
#include "reads.h"

static struct slice *text_at(const struct texts *texts, unsigned index, void *row)
{
	return (void *)((char *)row + texts->offsets[index]);
}

static struct slice text_of(const struct texts *texts, unsigned index, const void *row)
{
	struct slice text;
	memcpy(&text, (const char *)row + texts->offsets[index], sizeof(text));
	return text;
}

size_t texts_bytes(const struct texts *texts, const void *row)
{
	size_t bytes = 0;
	for (unsigned i = 0; i < texts->count; i++)
		bytes += text_of(texts, i, row).length;
	return bytes;
}

void texts_copy_to(const struct texts *texts, char **next, void *row)
{
	for (unsigned i = 0; i < texts->count; i++) {
		struct slice *text = text_at(texts, i, row);
		*text = slice_copy_to(next, *text);
	}
}

void texts_arrays(const struct texts *texts, struct parameters *parameters)
{
	for (unsigned i = 0; i < texts->count; i++)
		parameters_array(parameters, PARAMETER_BYTES);
}

void texts_write(const struct texts *texts, struct parameters *parameters, unsigned first, const void *row)
{
	for (unsigned i = 0; i < texts->count; i++)
		parameters_array_bytes(parameters, first + i, text_of(texts, i, row));
}

void texts_read(const struct texts *texts, const PGresult *rows, int row_number, int first, void *row)
{
	for (unsigned i = 0; i < texts->count; i++)
		*text_at(texts, i, row) = row_bytes(rows, row_number, first + (int)i);
}
