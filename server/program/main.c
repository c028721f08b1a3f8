/* The program's entry: everything is a command (commands.c); `heliograph run` is run.c. SPDX-License-Identifier: MIT */
#include "program/commands.h"

int main(int argc, char **argv)
{
	return commands_run(argc, argv);
}
