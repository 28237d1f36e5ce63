// SPDX-License-Identifier: GPL-2.0-only
/*
 * hwdebug ROUNDS - debug another process as a debugger does (in guests)
 *
 * Each round sets a hardware breakpoint and a watchpoint in a child by ptrace(), and
 * looks where it stops, then steps it. A program beside it, that has the same
 * addresses, must not see any of it. Prints `=hwdebug= BREAKS WATCHES STEPS
 * WRONG`, which are all ROUNDS but the last, which is 0.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <asm/ptrace.h>

/* DBGBCR: enabled, at EL0, four bytes. DBGWCR: enabled, at EL0, stores, all eight. */
#define BREAK_CONTROL	(1 | 2 << 1 | 0xf << 5)
#define WATCH_CONTROL	(1 | 2 << 1 | 2 << 3 | 0xff << 5)

static volatile uint64_t watched, other;
static unsigned long wrong;

void stop_here(void);
asm("stop_here: nop\n nop\n nop\n nop\n ret\n");

static void child_main(void)
{
	uint64_t n;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	for (n = 1;; n++) {
		other = n;
		stop_here();
		watched = n;
	}
}

/* The same addresses as the child's. */
static void bystander(void)
{
	for (;;) {
		stop_here();
		watched++;
	}
}

static void expect(int yes, const char *what)
{
	if (!yes && !wrong++)
		printf("hwdebug: %s\n", what);
}

static void set_hw(pid_t pid, int type, const volatile void *at, uint32_t control)
{
	struct user_hwdebug_state state;
	struct iovec iov = {
		.iov_base = &state,
		.iov_len = offsetof(struct user_hwdebug_state, dbg_regs[1]),
	};

	memset(&state, 0, sizeof(state));
	state.dbg_regs[0].addr = (uintptr_t)at;
	state.dbg_regs[0].ctrl = control;
	expect(!ptrace(PTRACE_SETREGSET, pid, (void *)(long)type, &iov), "setting");
}

static uint64_t pc(pid_t pid)
{
	struct user_pt_regs regs;
	struct iovec iov = { .iov_base = &regs, .iov_len = sizeof(regs) };

	ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &iov);
	return regs.pc;
}

/* Go on, and stop with a trap of this code. */
static siginfo_t go(pid_t pid, int request, int code)
{
	siginfo_t info = {};
	int status;

	ptrace(request, pid, NULL, NULL);
	waitpid(pid, &status, 0);
	expect(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "no trap");
	ptrace(PTRACE_GETSIGINFO, pid, NULL, &info);
	expect(info.si_code == code, "another trap");
	return info;
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	unsigned long breaks = 0, watches = 0, steps = 0, i;
	pid_t child = fork(), beside;
	int status;

	if (!child)
		child_main();
	beside = fork();
	if (!beside)
		bystander();
	waitpid(child, &status, 0);
	for (i = 0; i < rounds; i++) {
		set_hw(child, NT_ARM_HW_BREAK, stop_here, BREAK_CONTROL);
		go(child, PTRACE_CONT, TRAP_HWBKPT);
		breaks += pc(child) == (uintptr_t)stop_here;
		set_hw(child, NT_ARM_HW_BREAK, NULL, 0);

		go(child, PTRACE_SINGLESTEP, TRAP_TRACE);
		steps += pc(child) == (uintptr_t)stop_here + 4;

		set_hw(child, NT_ARM_HW_WATCH, &watched, WATCH_CONTROL);
		watches += go(child, PTRACE_CONT, TRAP_HWBKPT).si_addr == (void *)&watched;
		set_hw(child, NT_ARM_HW_WATCH, NULL, 0);
	}
	expect(waitpid(beside, &status, WNOHANG) == 0, "the program beside it has ended");
	kill(child, SIGKILL);
	kill(beside, SIGKILL);
	printf("=hwdebug= %lu %lu %lu %lu\n", breaks, watches, steps, wrong);
	return 0;
}
