/* fork and exec, with the account changed between them. Between fork and exec only calls that are safe in a process
 * whose other threads are gone. SPDX-License-Identifier: MIT */
#include "program/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_CANNOT_START 127

static void become(const struct child_account *account)
{
	if (!account->other)
		return;
	if (setgroups(1, &account->group) != 0 || setgid(account->group) != 0 || setuid(account->user) != 0)
		_exit(EXIT_CANNOT_START);
}

/* Signals as a program expects them: none blocked, none ignored. */
static void reset_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void redirect(int descriptor, int to)
{
	if (descriptor < 0 || dup2(descriptor, to) < 0)
		_exit(EXIT_CANNOT_START);
}

static pid_t start(const struct child_account *account, const char *const *arguments, const char *log, int output)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid > 0 ? pid : -errno;
	setsid();
	reset_signals();
	become(account);
	umask(077);
	redirect(open("/dev/null", O_RDONLY), STDIN_FILENO);
	if (output < 0 && log)
		output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
	else if (output < 0)
		output = open("/dev/null", O_WRONLY);
	redirect(output, STDOUT_FILENO);
	redirect(output, STDERR_FILENO);
	/* initdb and postgres want a folder that they may read; the one that we were started in may not be */
	if (chdir("/") != 0)
		_exit(EXIT_CANNOT_START);
	execv(arguments[0], (char *const *)arguments);
	_exit(EXIT_CANNOT_START);
}

static int wait_for(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

pid_t child_start(const struct child_account *account, const char *const *arguments, const char *log)
{
	return start(account, arguments, log, -1);
}

int child_run(const struct child_account *account, const char *const *arguments, const char *log)
{
	pid_t pid = start(account, arguments, log, -1);
	return pid < 0 ? pid : wait_for(pid);
}

int child_read(const char *const *arguments, char *text, size_t size)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	struct child_account same = {0};
	pid_t pid = start(&same, arguments, NULL, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return pid;
	}
	size_t length = 0;
	while (length < size - 1) {
		ssize_t count = read(ends[0], text + length, size - 1 - length);
		if (count > 0)
			length += (size_t)count;
		else if (count == 0 || errno != EINTR)
			break;
	}
	text[length] = '\0';
	close(ends[0]);
	return wait_for(pid);
}

bool child_can_enter(const struct child_account *account, const char *folder)
{
	/* by the rights that we act with: access() would leave out those that are kept (state_owner.h) */
	if (!account->other)
		return faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) == 0;
	pid_t pid = fork();
	if (pid == 0) {
		become(account);
		_exit(access(folder, X_OK) == 0 ? 0 : 1);
	}
	return pid > 0 && wait_for(pid) == 0;
}
