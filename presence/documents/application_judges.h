/* What schemas cannot say of each application's documents (RFC 4825 §5.4). For application*.c only.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "documents/application.h"

typedef void application_judge_fn(const struct document_tree *tree, const struct document_target *target,
				  struct document_verdict *verdict);

/* RFC 4826 §3.4.5 */
application_judge_fn judge_resource_lists;
/* RFC 4826 §4.4.5 */
application_judge_fn judge_rls_services;

/* Fills the verdict; the sentence is formatted. */
void application_refuse(struct document_verdict *verdict, enum document_fault fault, const char *format, ...)
	PRINTF_LIKE(3, 4);
