/* Becoming the owner of the state folder. SPDX-License-Identifier: MIT */
#include "program/state_owner.h"

#include "base/error.h"
#include "program/child_process.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Exactly these rights and no others; 0: none at all. */
static int set_rights(unsigned rights)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{.effective = rights, .permitted = rights, .inheritable = rights}};
	return syscall(SYS_capset, &header, data) == 0 ? 0 : -errno;
}

static int keep_passage(void)
{
	int result = set_rights(1u << CAP_DAC_READ_SEARCH);
	if (result == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0) != 0)
		result = -errno;
	return result;
}

/* An account that has a name keeps the other groups that it is in: certificates are often given to one of them. */
static int change_identity(uid_t user, gid_t group)
{
	struct passwd *entry = getpwuid(user);
	if (entry)
		group = entry->pw_gid;
	int result = entry ? initgroups(entry->pw_name, group) : setgroups(1, &group);
	if (result != 0 || setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0)
		return -errno;
	return 0;
}

static int become(const char *folder, const struct stat *status)
{
	struct child_account owner = {.other = true, .user = status->st_uid, .group = status->st_gid};
	bool needs_passage = !child_can_enter(&owner, folder);
	if (needs_passage && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return -errno;
	int result = change_identity(status->st_uid, status->st_gid);
	if (result == 0 && needs_passage)
		result = keep_passage();
	if (result < 0)
		return result;
	/* nothing of root may be left to go back to */
	if (setuid(0) == 0 || getuid() != status->st_uid || geteuid() != status->st_uid)
		return -EPERM;
	/* as any other process of that account: to be looked into by its owner (the kernel has taken that away) */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return 0;
}

int state_owner_become(const char *state, char *error, size_t error_size)
{
	struct stat status;
	char folder[PATH_MAX];
	if (geteuid() != 0 || !realpath(state, folder) || stat(folder, &status) != 0 || !S_ISDIR(status.st_mode) ||
	    status.st_uid == 0)
		return 0; /* what is wrong with the folder is said by whoever needs it */
	int result = become(folder, &status);
	if (result == 0)
		return 0;
	snprintf(error, error_size, "the state folder %.300s belongs to account %u, which we cannot become: %s", folder,
		 (unsigned)status.st_uid, error_text(result));
	return ERR_CONFIGURATION;
}

void state_owner_forgo_passage(void)
{
	if (geteuid() == 0)
		return;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	(void)set_rights(0);
}
