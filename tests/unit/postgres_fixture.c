/* Starting and stopping a private PostgreSQL. SPDX-License-Identifier: MIT */
#include "postgres_fixture.h"

#include "base/attributes.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_TRIES 3000 /* of 10 ms */
#define LEAST_VERSION 13

static void pause_10_ms(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* The newest PostgreSQL where Debian puts them; else what the PATH has. */
static void find_programs(struct postgres *postgres)
{
	long best = LEAST_VERSION - 1;
	glob_t found;
	postgres->programs[0] = '\0';
	if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		long version = strtol(found.gl_pathv[i] + strlen("/usr/lib/postgresql/"), NULL, 10);
		if (version <= best)
			continue;
		best = version;
		snprintf(postgres->programs, sizeof(postgres->programs), "%s/", found.gl_pathv[i]);
	}
	globfree(&found);
}

/* In the child: another user where we are root, silence, the program. Ends with its parent. */
static void become(const struct postgres *postgres, const char *program, const char *const *arguments)
{
	char path[512], log[128];
	const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : NULL;
	if (getuid() == 0 && (!user || initgroups("postgres", user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
			      setuid(user->pw_uid) != 0))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGINT);
	snprintf(log, sizeof(log), "%s/log", postgres->folder);
	int output = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int input = open("/dev/null", O_RDONLY);
	if (output < 0 || input < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(126);
	if (chdir(postgres->folder) != 0)
		_exit(126);
	snprintf(path, sizeof(path), "%s%s", postgres->programs, program);
	execvp(path, (char *const *)(void *)arguments);
	_exit(127);
}

static pid_t spawn(const struct postgres *postgres, const char *program, const char *const *arguments)
{
	pid_t child = fork();
	if (child == 0)
		become(postgres, program, arguments);
	return child;
}

/* The server writes its process id into the first line of postmaster.pid and its state into the eighth. */
static bool is_ready(const struct postgres *postgres)
{
	char path[128], line[256];
	snprintf(path, sizeof(path), "%s/data/postmaster.pid", postgres->folder);
	FILE *file = fopen(path, "r");
	bool ready = false;
	for (int number = 1; file && number <= 8 && fgets(line, sizeof(line), file); number++) {
		if (number == 1 && strtol(line, NULL, 10) != postgres->server)
			break;
		ready = number == 8 && strncmp(line, "ready", 5) == 0;
	}
	if (file)
		fclose(file);
	return ready;
}

bool postgres_start(struct postgres *postgres)
{
	char data[96];
	snprintf(data, sizeof(data), "%s/data", postgres->folder);
	const char *const arguments[] = {"postgres",
					 "-D",
					 data,
					 "-k",
					 postgres->folder,
					 "-c",
					 "listen_addresses=",
					 "-c",
					 postgres->durable ? "fsync=on" : "fsync=off",
					 "-c",
					 "shared_buffers=64MB",
					 NULL};
	postgres->server = -1;
	for (int i = 0; i < START_TRIES; i++) {
		/* After a kill -9 the old server's children may hold its memory for a moment: then it ends at once. */
		if (postgres->server > 0 && waitpid(postgres->server, NULL, WNOHANG) == postgres->server)
			postgres->server = -1;
		if (postgres->server <= 0)
			postgres->server = spawn(postgres, "postgres", arguments);
		if (postgres->server > 0 && is_ready(postgres))
			return true;
		pause_10_ms();
	}
	fprintf(stderr, "PostgreSQL does not start: see %s/log\n", postgres->folder);
	return false;
}

void postgres_kill(struct postgres *postgres)
{
	if (postgres->server <= 0)
		return;
	kill(postgres->server, SIGKILL);
	waitpid(postgres->server, NULL, 0);
	postgres->server = -1;
}

bool postgres_open(struct postgres *postgres, bool durable)
{
	*postgres = (struct postgres){.server = -1, .durable = durable, .folder = "/tmp/heliograph-test-XXXXXX"};
	find_programs(postgres);
	if (!mkdtemp(postgres->folder)) {
		postgres->folder[0] = '\0';
		return false;
	}
	const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : NULL;
	if (user && chown(postgres->folder, user->pw_uid, user->pw_gid) != 0)
		return false;
	const char *const arguments[] = {"initdb", "-D", "data", "-U",         "heliograph", "-A",
					 "trust",  "-E", "UTF8", "--locale=C", "--no-sync",  "--no-instructions",
					 NULL};
	int status = -1;
	pid_t child = spawn(postgres, "initdb", arguments);
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
		fprintf(stderr, "initdb failed (%d): see %s/log\n", status, postgres->folder);
		return false;
	}
	snprintf(postgres->connection, sizeof(postgres->connection), "host=%s user=heliograph dbname=postgres",
		 postgres->folder);
	return postgres_start(postgres);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void postgres_close(struct postgres *postgres)
{
	if (postgres->server > 0) {
		kill(postgres->server, SIGQUIT); /* nobody needs its data again */
		waitpid(postgres->server, NULL, 0);
	}
	if (postgres->folder[0])
		nftw(postgres->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
