/* What a server costs: the CPU time of a process and all that descend from it, ended children included.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <sys/types.h>

/* Seconds of user and system time since they began; 0 for a process that does not exist. The kernel counts in
 * hundredths of a second, so what is measured should take a second or more. */
double processes_cpu_s(pid_t root);
