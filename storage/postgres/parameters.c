/* Parameters in PostgreSQL's binary format. An array is its number of dimensions, a flag for NULLs, the type of
 * its elements, their number, the first index, and then each element's length and bytes; all integers are 32 bits in
 * network order (src/backend/utils/adt/arrayfuncs.c, array_recv). SPDX-License-Identifier: MIT */
#include "parameters.h"

#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>

#define ARRAY_ELEMENTS_OFFSET 12 /* of the number of elements in an array's head */

/* PostgreSQL's built-in types never change their numbers (pg_type.dat). */
static const uint32_t element_types[] = {
	[PARAMETER_NUMBERS] = 20, /* int8 */
	[PARAMETER_BYTES] = 17,   /* bytea */
	[PARAMETER_TEXTS] = 25,   /* text */
	[PARAMETER_UUIDS] = 2950, /* uuid */
};

void parameters_init(struct parameters *parameters, size_t bytes_most)
{
	*parameters = (struct parameters){0};
	for (unsigned i = 0; i < PARAMETERS_MOST; i++) {
		buffer_init(&parameters->buffers[i], bytes_most);
		parameters->formats[i] = 1;
	}
}

void parameters_finish(struct parameters *parameters)
{
	for (unsigned i = 0; i < PARAMETERS_MOST; i++)
		buffer_finish(&parameters->buffers[i]);
}

void parameters_clear(struct parameters *parameters)
{
	for (unsigned i = 0; i < parameters->count; i++)
		buffer_clear(&parameters->buffers[i]);
	parameters->count = 0;
}

static unsigned next_parameter(struct parameters *parameters, bool is_array)
{
	assert(parameters->count < PARAMETERS_MOST);
	unsigned index = parameters->count++;
	parameters->is_array[index] = is_array;
	parameters->elements[index] = 0;
	return index;
}

static void append_uint32(struct buffer *buffer, uint32_t number)
{
	uint32_t bytes = htonl(number);
	buffer_append(buffer, slice_of((const char *)&bytes, sizeof(bytes)));
}

void parameters_number(struct parameters *parameters, int64_t number)
{
	uint64_t bytes = htobe64((uint64_t)number);
	parameters_bytes(parameters, slice_of((const char *)&bytes, sizeof(bytes)));
}

void parameters_bytes(struct parameters *parameters, struct slice bytes)
{
	buffer_append(&parameters->buffers[next_parameter(parameters, false)], bytes);
}

unsigned parameters_array(struct parameters *parameters, enum parameter_type type)
{
	unsigned index = next_parameter(parameters, true);
	struct buffer *buffer = &parameters->buffers[index];
	append_uint32(buffer, 1); /* dimensions */
	append_uint32(buffer, 0); /* no NULLs */
	append_uint32(buffer, element_types[type]);
	append_uint32(buffer, 0); /* the number of elements, written by parameters_seal */
	append_uint32(buffer, 1); /* the first index */
	return index;
}

void parameters_array_number(struct parameters *parameters, unsigned index, int64_t number)
{
	struct {
		uint32_t length, high, low;
	} element = {htonl(8), htonl((uint32_t)((uint64_t)number >> 32)), htonl((uint32_t)number)};
	buffer_append(&parameters->buffers[index], slice_of((const char *)&element, sizeof(element)));
	parameters->elements[index]++;
}

void parameters_array_bytes(struct parameters *parameters, unsigned index, struct slice bytes)
{
	append_uint32(&parameters->buffers[index], (uint32_t)bytes.length);
	buffer_append(&parameters->buffers[index], bytes);
	parameters->elements[index]++;
}

bool parameters_seal(struct parameters *parameters)
{
	for (unsigned i = 0; i < parameters->count; i++) {
		struct buffer *buffer = &parameters->buffers[i];
		if (buffer_failed(buffer))
			return false;
		if (parameters->is_array[i]) {
			uint32_t elements = htonl(parameters->elements[i]);
			memcpy(buffer->data + ARRAY_ELEMENTS_OFFSET, &elements, sizeof(elements));
		}
		parameters->values[i] = buffer->data ? buffer->data : ""; /* NULL would be SQL's NULL */
		parameters->lengths[i] = (int)buffer->length;
	}
	return true;
}
