// SPDX-License-Identifier: GPL-2.0-only
/*
 * Take EL2 of a CPU from the kernel's hyp stub, and give it back.
 *
 * A CPU gives EL2 back by the stub's own HVC_RESET_VECTORS, which peng's vectors
 * serve; whoever else uses the stub's calls (kexec, built-in KVM) gets EL2 in
 * the same way, and peng finds nvhe_cpu.up cleared. What is per CPU is touched
 * by its own CPU with interrupts masked.
 */
#include <linux/cpu_pm.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <asm/barrier.h>
#include <asm/cache.h>
#include <asm/cacheflush.h>
#include <asm/virt.h>

#include "backend.h"

DEFINE_PER_CPU(struct nvhe_cpu *, peng_nvhe_cpu);

/* Each area as it was allocated: nvhe_cpu and its stack are inside. */
static DEFINE_PER_CPU(void *, areas);
static struct page *idmap;

/*
 * An area holds, from an address whose bit PAGE_SHIFT is set: the stack, a page
 * that EL2 does not map, struct nvhe_cpu. What is below the stack EL2 does not
 * map either (el2_check_stack).
 */
#define AREA_PAGES	4

static void *area_stack(void *area)
{
	return (u64)area & PAGE_SIZE ? area : area + PAGE_SIZE;
}

/* A call of the hyp stub; SMCCC's set of registers is lost. */
static u64 stub_call(u64 nr, u64 a, u64 b)
{
	register u64 x0 asm("x0") = nr;
	register u64 x1 asm("x1") = a;
	register u64 x2 asm("x2") = b;
	register u64 x3 asm("x3") = 0;
	register u64 x4 asm("x4") = 0;

	asm volatile("hvc #0"
		     : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3), "+r" (x4)
		     : : "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
		       "x15", "x16", "x17", "memory", "cc");
	return x0;
}

/* No function of the stub's, nor of built-in KVM's, which answers otherwise. */
static bool stub_answers(void)
{
	return stub_call(NVHE_CALL_BASE, 0, 0) == HVC_STUB_ERR;
}

/* dcache_clean_inval_poc() is not exported to modules. */
static void clean_to_memory(const void *start, size_t size)
{
	u64 line = 4 << ((read_cpuid_cachetype() >> 16) & 0xf);
	u64 addr = (u64)start & ~(line - 1);

	for (; addr < (u64)start + size; addr += line)
		asm volatile("dc civac, %0" : : "r" (addr) : "memory");
	dsb(sy);
}

static phys_addr_t idmap_pa(const char *label)
{
	return page_to_phys(idmap) + (label - peng_nvhe_idmap);
}

/* Interrupts masked. -EBUSY where somebody else has EL2. */
static int take(struct nvhe_cpu *cpu)
{
	if (cpu->up)
		return 0;
	if (!stub_answers())
		return -EBUSY;
	stub_call(HVC_SOFT_RESTART, idmap_pa(peng_nvhe_idmap_take),
		  page_to_phys(vmalloc_to_page(cpu)));
	return cpu->up ? 0 : -EIO;
}

static void give(struct nvhe_cpu *cpu)
{
	if (!cpu->up)
		return;
	stub_call(HVC_RESET_VECTORS, 0, 0);
	WARN_ONCE(cpu->up || !stub_answers(), "peng: the hyp stub is not back\n");
}

/**
 * peng_nvhe_cpu_up() - make EL2 of this CPU peng's
 *
 * Context: interrupts masked.
 * Return: 0; -EBUSY where somebody else has it.
 */
int peng_nvhe_cpu_up(void)
{
	struct nvhe_cpu *cpu = nvhe_this_cpu();

	cpu->wanted = true;
	return take(cpu);
}

void peng_nvhe_cpu_down(void)
{
	struct nvhe_cpu *cpu = nvhe_this_cpu();

	cpu->wanted = false;
	give(cpu);
}

/**
 * peng_nvhe_cpu_retake() - EL2 of this CPU again, should it have been lost
 *
 * Built-in KVM gives EL2 back to the stub when its last guest is gone.
 *
 * Context: interrupts masked.
 * Return: whether it is peng's.
 */
bool peng_nvhe_cpu_retake(void)
{
	struct nvhe_cpu *cpu = nvhe_this_cpu();

	return cpu->up || !take(cpu);
}

/* A CPU that loses power comes back with the hyp stub. */
static int pm_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	struct nvhe_cpu *cpu = nvhe_this_cpu();

	if (!cpu->wanted)
		return NOTIFY_OK;
	switch (action) {
	case CPU_PM_ENTER:
		give(cpu);
		break;
	case CPU_PM_ENTER_FAILED:
	case CPU_PM_EXIT:
		/* Where somebody else has taken it, vcpu_load tries again. */
		take(cpu);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block pm_nb = {
	.notifier_call = pm_notify,
};

static int init_idmap(void)
{
	size_t size = peng_nvhe_idmap_end - peng_nvhe_idmap;

	idmap = alloc_page(GFP_KERNEL);
	if (!idmap)
		return -ENOMEM;
	memcpy(page_address(idmap), peng_nvhe_idmap, size);
	clean_to_memory(page_address(idmap), size);
	flush_icache_range((unsigned long)page_address(idmap),
			   (unsigned long)page_address(idmap) + size);
	return peng_nvhe_map_identity(idmap);
}

static int init_area(unsigned int i)
{
	void *area = vzalloc(AREA_PAGES * PAGE_SIZE), *stack;
	struct nvhe_cpu *cpu;
	int ret;

	if (!area)
		return -ENOMEM;
	per_cpu(areas, i) = area;
	stack = area_stack(area);
	cpu = stack + 2 * PAGE_SIZE;

	peng_nvhe_map_regs(&cpu->own);
	cpu->own.tpidr = nvhe_va(cpu);
	/* Not quite the top: that is in the next page already. */
	cpu->own.sp = nvhe_va(stack + PAGE_SIZE - 16);
	cpu->own.vbar = nvhe_va(peng_nvhe_host_vectors);
	cpu->leave = idmap_pa(peng_nvhe_idmap_leave);
	clean_to_memory(cpu, sizeof(*cpu));

	ret = peng_nvhe_map(stack, PAGE_SIZE, NVHE_DATA);
	if (ret)
		return ret;
	ret = peng_nvhe_map(cpu, PAGE_SIZE, NVHE_DATA);
	if (ret)
		return ret;
	per_cpu(peng_nvhe_cpu, i) = cpu;
	return 0;
}

static void free_areas(void)
{
	unsigned int i;

	for_each_possible_cpu(i) {
		vfree(per_cpu(areas, i));
		per_cpu(areas, i) = NULL;
		per_cpu(peng_nvhe_cpu, i) = NULL;
	}
	if (idmap)
		__free_page(idmap);
	idmap = NULL;
}

/**
 * peng_nvhe_cpus_init() - all that a CPU needs before it can be taken
 *
 * Context: module load; may sleep; the map exists, and the image is in it.
 * Return: 0 or -errno.
 */
int peng_nvhe_cpus_init(void)
{
	unsigned int i;
	int ret;

	ret = init_idmap();
	if (ret)
		goto free;
	for_each_possible_cpu(i) {
		ret = init_area(i);
		if (ret)
			goto free;
	}
	ret = cpu_pm_register_notifier(&pm_nb);
	if (ret)
		goto free;
	return 0;

free:
	free_areas();
	return ret;
}

/* No CPU is up. */
void peng_nvhe_cpus_exit(void)
{
	cpu_pm_unregister_notifier(&pm_nb);
	free_areas();
}
