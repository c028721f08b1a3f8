/* Rows of sessions, for whoever selects them. SPDX-License-Identifier: MIT */
#pragma once

#include "storage/storage.h"

#include <libpq-fe.h>

/* Of a table or row called s. */
#define SESSIONS_COLUMNS                                                                                               \
	"s.id, s.account_id, s.created_at, s.used_at, s.expires_at, s.stays, s.ha1_md5, s.ha1_sha256, s.password,"     \
	" s.name, s.device"
#define SESSIONS_COLUMN_COUNT 11

/* From that column on; its texts are good as long as the result is. */
struct stored_session sessions_row(const PGresult *rows, int row, int column);
