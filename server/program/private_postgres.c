/* Making, starting, taking over and stopping the private PostgreSQL. SPDX-License-Identifier: MIT */
#include "program/private_postgres.h"

#include "base/error.h"
#include "base/slice.h"
#include "program/child_process.h"
#include "program/postgres_programs.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_WAIT_MS 60000
#define STOP_WAIT_MS 30000
#define POLL_MS 20
/* The role and its database: who we are in there. */
#define ROLE "heliograph"
#define SOCKET_NAME "/.s.PGSQL.5432"
/* Where the data goes when the account cannot reach the state folder. */
#define ELSEWHERE "/var/lib/heliograph-databases"

struct private_postgres {
	char home[PATH_MAX]; /* <state>/postgres, or where that leads */
	char data[PATH_MAX], run[PATH_MAX], log[PATH_MAX];
	char connection[PATH_MAX + 64];
	struct child_account account;
	char account_name[64];
	bool is_elsewhere;
	pid_t child; /* our own child, to be waited for; 0: none, or somebody else's */
};

#define FAIL(error, ...)                                                                                               \
	(snprintf(error, PRIVATE_POSTGRES_ERROR_SIZE, "private PostgreSQL: " __VA_ARGS__), ERR_STORAGE_AWAY)

static void sleep_ms(long milliseconds)
{
	struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
	nanosleep(&time, NULL);
}

/* --- folders and accounts --- */

static bool join(char path[PATH_MAX], const char *folder, const char *name)
{
	int length = snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return length > 0 && length < PATH_MAX;
}

/* PostgreSQL refuses to run as root. */
static int choose_account(struct private_postgres *postgres, char *error)
{
	bool is_root = geteuid() == 0;
	struct passwd *entry = is_root ? getpwnam("postgres") : getpwuid(geteuid());
	if (!entry && is_root)
		entry = getpwnam("nobody");
	if (!entry && is_root)
		return FAIL(error, "neither of the accounts postgres and nobody exists to run it");
	if (!entry) /* as that of a systemd unit with DynamicUser, while the unit does not run */
		return FAIL(error, "account %u, which this runs as, has no name: start the server first",
			    (unsigned)geteuid());
	postgres->account = (struct child_account){.other = is_root, .user = entry->pw_uid, .group = entry->pw_gid};
	snprintf(postgres->account_name, sizeof(postgres->account_name), "%s", entry->pw_name);
	return 0;
}

/* A folder that belongs to the account. */
static int make_folder(const struct private_postgres *postgres, const char *path, mode_t mode, char *error)
{
	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return FAIL(error, "cannot make %.300s: %s", path, error_text(-errno));
	if (!postgres->account.other)
		return 0;
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool good = folder >= 0 && fchown(folder, postgres->account.user, postgres->account.group) == 0 &&
		    fchmod(folder, mode) == 0;
	int reason = errno;
	if (folder >= 0)
		close(folder);
	return good ? 0
		    : FAIL(error, "cannot give %.300s to %s: %s", path, postgres->account_name, error_text(-reason));
}

/* A folder above the state folder is closed to the account (as /root is, or what mktemp -d makes): the data goes where
 * it can be reached, and <state>/postgres becomes a link to it. */
static int move_elsewhere(struct private_postgres *postgres, const char *link, char *error)
{
	char target[] = ELSEWHERE "/XXXXXX";
	/* a cluster is in it already, or somebody else works here */
	if (!postgres->account.other || (rmdir(link) != 0 && errno != ENOENT))
		return FAIL(error, "%s cannot enter %.300s", postgres->account_name, postgres->home);
	if (mkdir(ELSEWHERE, 0755) != 0 && errno != EEXIST)
		return FAIL(error, "%s cannot enter %.200s, and %s cannot be made: %s", postgres->account_name,
			    postgres->home, ELSEWHERE, error_text(-errno));
	bool is_made = mkdtemp(target) != NULL;
	if (!is_made || chmod(target, 0755) != 0 || symlink(target, link) != 0) {
		int reason = errno;
		if (is_made)
			rmdir(target);
		return FAIL(error, "%s cannot enter %.200s, and it cannot be moved to %s: %s", postgres->account_name,
			    postgres->home, ELSEWHERE, error_text(-reason));
	}
	snprintf(postgres->home, sizeof(postgres->home), "%s", target);
	postgres->is_elsewhere = true;
	return 0;
}

static int choose_home(struct private_postgres *postgres, const char *state, char *error)
{
	char link[PATH_MAX];
	if (!join(link, state, "postgres"))
		return FAIL(error, "the path of the state folder is too long");
	if (mkdir(link, 0755) != 0 && errno != EEXIST)
		return FAIL(error, "cannot make %.300s: %s", link, error_text(-errno));
	if (!realpath(link, postgres->home))
		return FAIL(error, "%.300s: %s", link, error_text(-errno));
	struct stat status;
	postgres->is_elsewhere = lstat(link, &status) == 0 && S_ISLNK(status.st_mode);
	if (child_can_enter(&postgres->account, postgres->home))
		return 0;
	/* the state folder itself is ours: it may be passed through, what is secret in it has its own mode */
	if (stat(state, &status) == 0 && status.st_uid == geteuid())
		chmod(state, (status.st_mode | 0111) & 07777);
	if (child_can_enter(&postgres->account, postgres->home))
		return 0;
	if (postgres->is_elsewhere)
		return FAIL(error, "%s cannot enter %.300s", postgres->account_name, postgres->home);
	return move_elsewhere(postgres, link, error);
}

struct private_postgres *private_postgres_create(const char *state, char error[PRIVATE_POSTGRES_ERROR_SIZE])
{
	struct private_postgres *postgres = calloc(1, sizeof(*postgres));
	if (!postgres) {
		(void)FAIL(error, "%s", error_text(ERR_NO_MEMORY));
		return NULL;
	}
	if (choose_account(postgres, error) < 0 || choose_home(postgres, state, error) < 0) {
		free(postgres);
		return NULL;
	}
	char log_folder[PATH_MAX];
	if (!join(postgres->data, postgres->home, "data") || !join(postgres->run, postgres->home, "run") ||
	    !join(log_folder, postgres->home, "log") || !join(postgres->log, log_folder, "postgres.log")) {
		(void)FAIL(error, "the path of the state folder is too long");
		free(postgres);
		return NULL;
	}
	return postgres;
}

void private_postgres_destroy(struct private_postgres *postgres)
{
	free(postgres);
}

const char *private_postgres_connection(const struct private_postgres *postgres)
{
	return postgres->connection;
}

const char *private_postgres_elsewhere(const struct private_postgres *postgres)
{
	return postgres->is_elsewhere ? postgres->home : NULL;
}

/* --- is it running? --- */

/* Quotes and backslashes are escaped as libpq's connection strings want it. */
static void set_connection(struct private_postgres *postgres, const char *socket_folder)
{
	char *to = postgres->connection, *end = to + sizeof(postgres->connection) - 64;
	to = stpcpy(to, "host='");
	for (const char *from = socket_folder; *from && to < end; from++) {
		if (*from == '\'' || *from == '\\')
			*to++ = '\\';
		*to++ = *from;
	}
	stpcpy(to, "' port=5432 user=" ROLE " dbname=postgres");
}

/* postmaster.pid: first line the pid, fifth the socket's folder. 0 where there is no such file. */
static pid_t read_pid_file(const struct private_postgres *postgres, char socket_folder[PATH_MAX])
{
	socket_folder[0] = '\0';
	char path[PATH_MAX + 32], line[PATH_MAX];
	snprintf(path, sizeof(path), "%s/postmaster.pid", postgres->data);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	long pid = 0;
	for (int number = 1; number <= 5 && fgets(line, sizeof(line), file); number++) {
		line[strcspn(line, "\n")] = '\0';
		if (number == 1)
			pid = strtol(line, NULL, 10);
		else if (number == 5)
			snprintf(socket_folder, PATH_MAX, "%s", line);
	}
	fclose(file);
	return pid > 1 && pid <= INT_MAX ? (pid_t)pid : 0;
}

/* The pid may be somebody else's by now: the postmaster that we look for was started with our data folder as one of its
 * arguments. (Its working folder would say the same, but /proc shows that of other accounts only to those who may
 * trace them.) */
static bool is_postmaster(const struct private_postgres *postgres, pid_t pid)
{
	char path[64], arguments[2 * PATH_MAX];
	snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	size_t length = fread(arguments, 1, sizeof(arguments), file);
	fclose(file);
	struct slice rest = slice_of(arguments, length);
	while (!slice_is_empty(rest)) {
		if (slice_equal(slice_take(&rest, '\0'), slice_text(postgres->data)))
			return true;
	}
	return false;
}

static void reap(struct private_postgres *postgres)
{
	if (postgres->child > 0 && waitpid(postgres->child, NULL, WNOHANG) == postgres->child)
		postgres->child = 0;
}

/* The postmaster's pid, or 0. */
static pid_t find_running(struct private_postgres *postgres)
{
	char socket_folder[PATH_MAX];
	reap(postgres);
	pid_t pid = read_pid_file(postgres, socket_folder);
	if (pid == 0 || !is_postmaster(postgres, pid))
		return 0;
	if (socket_folder[0])
		set_connection(postgres, socket_folder);
	return pid;
}

bool private_postgres_is_running(struct private_postgres *postgres)
{
	return find_running(postgres) != 0;
}

/* --- making the cluster --- */

static int write_file(const struct private_postgres *postgres, const char *name, const char *text, char *error)
{
	char path[PATH_MAX];
	if (!join(path, postgres->home, name))
		return FAIL(error, "the path of the state folder is too long");
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	size_t length = strlen(text);
	bool good = file >= 0 && fchmod(file, 0644) == 0 && write(file, text, length) == (ssize_t)length;
	if (file >= 0)
		good = close(file) == 0 && good;
	return good ? 0 : FAIL(error, "cannot write %.300s: %s", path, error_text(-errno));
}

/* The kernel says which account is at the other end of the socket; only ours and PostgreSQL's may be the role. */
static int write_access(const struct private_postgres *postgres, char *error)
{
	struct passwd *entry = getpwuid(geteuid());
	char text[512];
	snprintf(text, sizeof(text), "owner \"%s\" " ROLE "\nowner \"%s\" " ROLE "\n", postgres->account_name,
		 entry ? entry->pw_name : "root");
	int result = write_file(postgres, "ident.conf", text, error);
	return result < 0 ? result : write_file(postgres, "hba.conf", "local all " ROLE " peer map=owner\n", error);
}

/* The last line of PostgreSQL's log, where it says why it ended. */
static void read_last_line(const struct private_postgres *postgres, char *line, size_t size)
{
	char text[2048];
	line[0] = '\0';
	FILE *file = fopen(postgres->log, "re");
	if (!file)
		return;
	if (fseek(file, -(long)(sizeof(text) - 1), SEEK_END) != 0)
		rewind(file);
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	struct slice rest = slice_trim(slice_of(text, length)), last = rest;
	while (!slice_is_empty(rest))
		last = slice_take(&rest, '\n');
	snprintf(line, size, "%.*s", SLICE_ARGS(last));
}

static int fail_with_log(const struct private_postgres *postgres, const char *what, char *error)
{
	char line[400];
	read_last_line(postgres, line, sizeof(line));
	return FAIL(error, "%s%s%s (see %.300s)", what, line[0] ? ": " : "", line, postgres->log);
}

/* Made beside its place and renamed, so that a cluster which is there is whole. */
static int make_cluster(struct private_postgres *postgres, const struct postgres_programs *programs, char *error)
{
	char unfinished[PATH_MAX];
	if (!join(unfinished, postgres->home, "data.new"))
		return FAIL(error, "the path of the state folder is too long");
	/* removed by the account that it belongs to: root does not walk through what others may change */
	const char *removal[] = {"/bin/rm", "-rf", "--", unfinished, NULL};
	if (access(unfinished, F_OK) == 0 && child_run(&postgres->account, removal, NULL) < 0)
		return FAIL(error, "cannot remove what is left of %.300s", unfinished);
	int result = make_folder(postgres, unfinished, 0700, error);
	if (result < 0)
		return result;
	const char *arguments[] = {programs->initdb, "-D", unfinished, "-U",          ROLE,         "-A",
				   "peer",           "-E", "UTF8",     "--no-locale", "--no-clean", NULL};
	int status = child_run(&postgres->account, arguments, postgres->log);
	if (status != 0)
		return fail_with_log(postgres, "initdb failed", error);
	if (rename(unfinished, postgres->data) != 0)
		return FAIL(error, "cannot rename %.300s: %s", unfinished, error_text(-errno));
	return 0;
}

/* The version that made the cluster; 0 where there is none. */
static unsigned cluster_version(const struct private_postgres *postgres)
{
	char path[PATH_MAX + 32], line[32] = "";
	snprintf(path, sizeof(path), "%s/PG_VERSION", postgres->data);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	return (unsigned)strtoul(line, NULL, 10);
}

/* --- starting --- */

/* The folder that a postmaster which was killed had its socket in: whoever is connected finds the next one there. */
static bool find_former_socket_folder(const struct private_postgres *postgres, char folder[PATH_MAX])
{
	struct stat status;
	uid_t owner = postgres->account.other ? postgres->account.user : geteuid();
	(void)read_pid_file(postgres, folder);
	return folder[0] && lstat(folder, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == owner;
}

/* A socket's path has 107 bytes; where <state>/postgres/run is longer, the socket goes to /tmp. */
static int choose_socket_folder(const struct private_postgres *postgres, char folder[PATH_MAX], char *error)
{
	if (strlen(postgres->run) + sizeof(SOCKET_NAME ".lock") <= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
		snprintf(folder, PATH_MAX, "%s", postgres->run);
		return make_folder(postgres, folder, 0755, error);
	}
	if (find_former_socket_folder(postgres, folder))
		return 0;
	snprintf(folder, PATH_MAX, "/tmp/heliograph-XXXXXX");
	if (!mkdtemp(folder))
		return FAIL(error, "cannot make a folder in /tmp: %s", error_text(-errno));
	return make_folder(postgres, folder, 0755, error);
}

static pid_t start_postmaster(const struct private_postgres *postgres, const struct postgres_programs *programs,
			      const char *socket_folder)
{
	char sockets[2 * PATH_MAX], hba[2 * PATH_MAX], ident[2 * PATH_MAX];
	/* a list of folders: in quotes, for commas and blanks in it */
	snprintf(sockets, sizeof(sockets), "unix_socket_directories=\"%s\"", socket_folder);
	snprintf(hba, sizeof(hba), "hba_file=%s/hba.conf", postgres->home);
	snprintf(ident, sizeof(ident), "ident_file=%s/ident.conf", postgres->home);
	const char *arguments[] = {programs->postgres,
				   "-D",
				   postgres->data,
				   "-c",
				   sockets,
				   "-c",
				   hba,
				   "-c",
				   ident,
				   "-c",
				   "listen_addresses=",
				   "-c",
				   "port=5432",
				   "-c",
				   "logging_collector=off",
				   "-c",
				   "log_destination=stderr",
				   "-c",
				   "log_checkpoints=off",
				   NULL};
	return child_start(&postgres->account, arguments, postgres->log);
}

/* Until the postmaster lets us in. ERR_CLOSED: it has ended. */
static int wait_until_ready(struct private_postgres *postgres, pid_t pid)
{
	for (long waited = 0; waited < START_WAIT_MS; waited += POLL_MS) {
		if (PQping(postgres->connection) == PQPING_OK)
			return 0;
		if (postgres->child == pid)
			reap(postgres);
		if (postgres->child != pid && !is_postmaster(postgres, pid))
			return ERR_CLOSED;
		sleep_ms(POLL_MS);
	}
	return ERR_TIMEOUT;
}

/* Processes of a postmaster that was killed may still be ending and hold its shared memory: the start is tried for a
 * while. */
static int start_and_wait(struct private_postgres *postgres, const struct postgres_programs *programs, char *error)
{
	char socket_folder[PATH_MAX];
	int result = choose_socket_folder(postgres, socket_folder, error);
	if (result < 0)
		return result;
	set_connection(postgres, socket_folder);
	for (int attempt = 0; attempt < 10; attempt++) {
		pid_t pid = start_postmaster(postgres, programs, socket_folder);
		if (pid < 0)
			return FAIL(error, "cannot start %.300s: %s", programs->postgres, error_text(pid));
		postgres->child = pid;
		result = wait_until_ready(postgres, pid);
		if (result == 0)
			return 0;
		if (result == ERR_TIMEOUT)
			return fail_with_log(postgres, "does not answer", error);
		sleep_ms(500);
	}
	return fail_with_log(postgres, "ends at once", error);
}

int private_postgres_start(struct private_postgres *postgres, char error[PRIVATE_POSTGRES_ERROR_SIZE])
{
	pid_t running = find_running(postgres);
	if (running != 0 && wait_until_ready(postgres, running) == 0)
		return 0;
	char log_folder[PATH_MAX];
	struct postgres_programs programs;
	int result = 0;
	if (!join(log_folder, postgres->home, "log"))
		result = FAIL(error, "the path of the state folder is too long");
	if (result == 0)
		result = make_folder(postgres, log_folder, 0755, error);
	if (result == 0)
		result = write_access(postgres, error);
	unsigned version = cluster_version(postgres);
	if (result == 0)
		result = postgres_programs_find(version, &programs, error, PRIVATE_POSTGRES_ERROR_SIZE);
	if (result == 0 && version == 0)
		result = make_cluster(postgres, &programs, error);
	return result < 0 ? result : start_and_wait(postgres, &programs, error);
}

/* --- stopping --- */

static bool wait_until_gone(struct private_postgres *postgres, pid_t pid, long most_ms)
{
	for (long waited = 0; waited < most_ms; waited += POLL_MS) {
		if (postgres->child == pid)
			reap(postgres);
		if (postgres->child != pid && !is_postmaster(postgres, pid))
			return true;
		sleep_ms(POLL_MS);
	}
	return false;
}

int private_postgres_stop(struct private_postgres *postgres, char error[PRIVATE_POSTGRES_ERROR_SIZE])
{
	char socket_folder[PATH_MAX];
	pid_t pid = find_running(postgres);
	if (pid == 0)
		return 0;
	read_pid_file(postgres, socket_folder);
	if (kill(pid, SIGINT) != 0 && errno != ESRCH)
		return FAIL(error, "cannot be stopped: %s", error_text(-errno));
	if (!wait_until_gone(postgres, pid, STOP_WAIT_MS)) {
		/* immediate shutdown: the next start recovers from the write-ahead log */
		kill(pid, SIGQUIT);
		if (!wait_until_gone(postgres, pid, STOP_WAIT_MS))
			return FAIL(error, "does not stop");
	}
	if (socket_folder[0] && strcmp(socket_folder, postgres->run) != 0)
		rmdir(socket_folder);
	return 0;
}
