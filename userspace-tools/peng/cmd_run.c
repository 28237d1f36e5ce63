// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng run`: one guest in this process, from the command line to its end.
 */
#include "cmd.h"
#include "../vmm/options.h"
#include "../vmm/thread.h"
#include "../vmm/vm.h"

#include <stdio.h>
#include <sys/prctl.h>

static void print_help(void)
{
	printf("Usage: peng run --kernel IMAGE [OPTION]...\n"
	       "Run an arm64 Linux guest in this terminal.\n\n");
	options_print_help();
	printf("\n"
	       "In the terminal, Ctrl-A x ends the guest, Ctrl-A c sends a break, Ctrl-A h helps.\n"
	       "\n"
	       "Exit status:\n"
	       "  %d      the guest powered off\n"
	       "  %d      it could not be started\n"
	       "  %d      wrong usage\n"
	       "  %d      the guest asked for a reset\n"
	       "  %d      the guest crashed\n"
	       "  %d      ended by Ctrl-A x\n"
	       "  %d+N  ended by signal N\n",
	       VM_POWERED_OFF, VM_FAILED, VM_USAGE, VM_RESET, VM_CRASHED, VM_QUIT,
	       VM_SIGNALLED);
}

int cmd_run(int argc, char **argv)
{
	struct options options;
	int status = VM_USAGE;

	if (options_parse(&options, argc, argv, NULL))
		goto destroy_options;
	if (options.help) {
		print_help();
		status = VM_POWERED_OFF;
		goto destroy_options;
	}
	if (options.name)
		prctl(PR_SET_NAME, options.name);
	thread_setup();
	status = vm_run(&options, NULL);

destroy_options:
	options_destroy(&options);
	return status;
}
