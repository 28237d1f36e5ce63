// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand, at EL2: what panic.c is tested with. The host asks for them
 * by a file in debugfs only (inject.c).
 */
#include <linux/compiler.h>
#include <linux/nospec.h>

#include "../el2_fn.h"
#include "image.h"

/* A variable of each frame is used after the call, so none can be dropped. */
static noinline u64 overflow(u64 depth)
{
	u64 here = depth;

	OPTIMIZER_HIDE_VAR(here);
	return depth ? overflow(depth - 1) + here : 0;
}

static void fault_brk(void)
{
	asm volatile("brk #0x70");
}

static void fault_read(void)
{
	READ_ONCE(*(u64 *)8);
}

static void fault_write(void)
{
	WRITE_ONCE(*(u32 *)peng_nvhe_vectors, 0);
}

static void fault_exec(void)
{
	((void (*)(void))el2_cpu())();
}

static void fault_stack(void)
{
	overflow(U64_MAX);
}

static void (* const faults[NVHE_NR_FAULTS])(void) __el2_table = {
	[NVHE_FAULT_BRK] = fault_brk,
	[NVHE_FAULT_READ] = fault_read,
	[NVHE_FAULT_WRITE] = fault_write,
	[NVHE_FAULT_EXEC] = fault_exec,
	[NVHE_FAULT_STACK] = fault_stack,
};

bool peng_nvhe_fault_exists(u64 fault)
{
	fault &= ~NVHE_FAULT_WITH_FP;
	return fault != NVHE_FAULT_NONE && fault < NVHE_NR_FAULTS;
}

/* Does not return where the fault exists. */
void peng_nvhe_fault(u64 fault)
{
	fault = array_index_nospec(fault & ~NVHE_FAULT_WITH_FP, NVHE_NR_FAULTS);
	el2_fn_ptr(faults[fault])();
}
