/* What answers each endpoint; the table is in endpoints.c. SPDX-License-Identifier: MIT */
#pragma once

struct api_call;

/* --- serve_site.c --- */

void serve_site(struct api_call *call);

/* --- serve_icons.c --- */

void serve_icon(struct api_call *call);
void serve_icon_change(struct api_call *call);
void serve_icon_remove(struct api_call *call);

/* --- serve_mailboxes.c --- */

void serve_mailboxes(struct api_call *call);
void serve_mailbox(struct api_call *call);
void serve_mailbox_change(struct api_call *call);
void serve_mailbox_users(struct api_call *call);
void serve_mailbox_users_change(struct api_call *call);

/* --- serve_people.c --- */

void serve_presence(struct api_call *call);

/* --- serve_registrations.c --- */

void serve_user_registrations(struct api_call *call);
void serve_registrations(struct api_call *call);

/* --- serve_watchers.c --- */

void serve_user_watchers(struct api_call *call);
void serve_user_watching(struct api_call *call);
void serve_watchers(struct api_call *call);
void serve_why(struct api_call *call);

/* --- serve_sessions.c --- */

void serve_sessions(struct api_call *call);
void serve_session_make(struct api_call *call);
void serve_session_end(struct api_call *call);

/* --- serve_buddies.c --- */

void serve_buddies(struct api_call *call);
void serve_buddy_add(struct api_call *call);
void serve_buddy_change(struct api_call *call);
void serve_buddy_remove(struct api_call *call);
void serve_group_add(struct api_call *call);
void serve_group_change(struct api_call *call);
void serve_group_remove(struct api_call *call);

/* --- serve_rules.c --- */

void serve_rules(struct api_call *call);
void serve_rule_change(struct api_call *call);
void serve_rule_remove(struct api_call *call);
void serve_requests(struct api_call *call);

/* --- serve_conversations.c --- */

void serve_conversations(struct api_call *call);
void serve_conversation(struct api_call *call);
void serve_messages(struct api_call *call);
void serve_read_mark(struct api_call *call);
void serve_search(struct api_call *call);
