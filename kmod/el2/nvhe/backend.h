/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to the host's half of the nVHE backend.
 */
#ifndef PENG_EL2_NVHE_BACKEND_H
#define PENG_EL2_NVHE_BACKEND_H

#include <linux/atomic.h>
#include <linux/percpu.h>

#include "nvhe.h"

struct page;

/* Rights of EL2 to a page: nothing is both writable and executable. */
enum nvhe_prot {
	NVHE_TEXT,
	NVHE_RODATA,
	NVHE_DATA,
};

/* image.lds.S: what the EL2 image consists of. */
extern const char peng_nvhe_text_start[], peng_nvhe_text_end[];
extern const char peng_nvhe_tables_start[], peng_nvhe_tables_end[];
extern const char peng_nvhe_rodata_start[], peng_nvhe_rodata_end[];
extern const char peng_nvhe_data_start[], peng_nvhe_data_end[];

/* host.S */
extern const char peng_nvhe_host_vectors[];

/* idmap.S: code to be copied, and its entry points. */
extern const char peng_nvhe_idmap[], peng_nvhe_idmap_end[];
extern const char peng_nvhe_idmap_take[], peng_nvhe_idmap_leave[];

/* map.c */
int peng_nvhe_map_init(void);
void peng_nvhe_map_exit(void);
int peng_nvhe_map(const void *start, size_t size, enum nvhe_prot prot);
int peng_nvhe_map_identity(struct page *page);
void peng_nvhe_unmap(const void *start, size_t size);
void peng_nvhe_map_regs(struct nvhe_el2_regs *regs);

/* cpu.c */
DECLARE_PER_CPU(struct nvhe_cpu *, peng_nvhe_cpu);

int peng_nvhe_cpus_init(void);
void peng_nvhe_cpus_exit(void);
int peng_nvhe_cpu_up(void);
void peng_nvhe_cpu_down(void);
bool peng_nvhe_cpu_retake(void);

/* call.S */
u64 peng_nvhe_hvc(u64 nr, u64 a, u64 b, u64 c);

/* inject.c */
extern atomic_t peng_nvhe_injected;

void peng_nvhe_inject_init(void);
void peng_nvhe_inject_exit(void);

/* report.c */
void peng_nvhe_report(const struct nvhe_cpu *cpu);

/* This CPU's EL2; preemption off. */
static inline struct nvhe_cpu *nvhe_this_cpu(void)
{
	return __this_cpu_read(peng_nvhe_cpu);
}

u64 peng_nvhe_call(enum nvhe_call nr, u64 a, u64 b, u64 c);

extern const struct peng_el2_ops peng_nvhe_ops;

#endif /* PENG_EL2_NVHE_BACKEND_H */
