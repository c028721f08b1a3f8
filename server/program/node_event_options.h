/* The configuration in the words of the event side: presence, lamps, voicemail, trust, profiles of phones.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "core/trust.h"
#include "presence/events.h"
#include "presence/lamps.h"
#include "presence/mailboxes.h"
#include "presence/packages.h"
#include "presence/profile.h"
#include "presence/voicemail.h"
#include "program/configuration.h"
#include "program/options.h"

/* Texts of the options point into the configuration. */
struct events_options node_events_options(const struct configuration *configuration);
/* Who may watch. */
enum watch_policy node_presence_policy(const struct configuration *configuration);
enum watch_policy node_dialog_policy(const struct configuration *configuration);
enum watch_policy node_registration_policy(const struct configuration *configuration);
enum watch_policy node_conference_policy(const struct configuration *configuration);
struct people_options node_people_options(const struct configuration *configuration);
/* `codes` is room for what the options point to. */
struct mailbox_options node_mailbox_options(const struct configuration *configuration,
					    struct slice codes[OPTION_LIST_MOST]);
struct lamps_options node_lamps_options(const struct configuration *configuration);
struct voicemail_options node_voicemail_options(const struct configuration *configuration);
/* NULL where memory is exhausted. */
struct trust *node_create_trust(const struct configuration *configuration);
struct profiles *node_create_profiles(const struct configuration *configuration);
