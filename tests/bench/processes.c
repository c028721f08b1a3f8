/* CPU time of a tree of processes, read from /proc (proc_pid_stat(5)). SPDX-License-Identifier: MIT */
#include "processes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The fields utime, stime, cutime and cstime of /proc/PID/stat are these, counted from the one behind the name. */
enum { FIRST_TIME_FIELD = 11, TIME_FIELDS = 4 };

static double own_cpu_s(pid_t pid)
{
	char path[64], line[1024];
	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	size_t length = fread(line, 1, sizeof line - 1, file);
	(void)fclose(file);
	line[length] = '\0';
	/* The name stands in parentheses and may hold any byte, parentheses too. */
	char *rest = strrchr(line, ')');
	if (!rest)
		return 0;
	rest++;
	double ticks = 0;
	for (int field = 0; field < FIRST_TIME_FIELD + TIME_FIELDS; field++) {
		rest += strspn(rest, " ");
		if (field >= FIRST_TIME_FIELD)
			ticks += strtod(rest, NULL);
		rest += strcspn(rest, " ");
	}
	return ticks / (double)sysconf(_SC_CLK_TCK);
}

double processes_cpu_s(pid_t root)
{
	if (root <= 0)
		return 0;
	double total_s = own_cpu_s(root);
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)root, (int)root);
	FILE *file = fopen(path, "re");
	if (!file)
		return total_s;
	char pid[16];
	while (fscanf(file, "%15s", pid) == 1)
		total_s += processes_cpu_s((pid_t)strtol(pid, NULL, 10));
	(void)fclose(file);
	return total_s;
}
