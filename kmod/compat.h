/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that peng builds on, and nothing else.
 *
 * Force-included before every C file (kmod/Kbuild), and the only file that
 * tests a kernel version. The rest of the module is written against the
 * newest kernel's interfaces; this file gives older kernels those names.
 * Support for an old kernel is dropped by deleting its lines here.
 */
#ifndef PENG_COMPAT_H
#define PENG_COMPAT_H

#ifndef __ASSEMBLY__

#undef pr_fmt
#define pr_fmt(fmt) "peng: " fmt

#include <linux/version.h>
#include <linux/kernel.h>
#include <linux/hrtimer.h>
#include <linux/bits.h>
#include <linux/eventfd.h>
#include <linux/kvm.h>
#include <linux/sched.h>
#include <asm/sysreg.h>

/*
 * What asks whether pages are in use says bool in the newest kernels (7.2), and int
 * before. The type is the question itself's.
 */
#define compat_young_t	typeof(((struct mmu_notifier_ops *)0)->test_young(NULL, NULL, 0))

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
/* 7.2 takes a snapshot of the clock that is named, where three were in it before. */
#define ktime_get_snapshot_id(clock, snap)	ktime_get_snapshot(snap)
#define systime					real
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#include <asm/neon.h>

/* 6.19 has the caller say where registers go when it is scheduled away with them. */
#define kernel_neon_begin(state)	((void)(state), kernel_neon_begin())
#define kernel_neon_end(state)		((void)(state), kernel_neon_end())
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
/* 6.17 calls the workqueue that is not bound to a CPU the default one. */
#define system_dfl_wq		system_unbound_wq
#endif

#ifndef MDSCR_EL1_MDE
/* Generated from the architecture's tables since 6.3. */
#define MDSCR_EL1_SS		BIT(0)
#define MDSCR_EL1_KDE		BIT(13)
#define MDSCR_EL1_MDE		BIT(15)
#endif

#include <linux/arm-smccc.h>

#ifndef ARM_SMCCC_VENDOR_HYP_UID_KVM
#include <linux/uuid.h>

/* Four words until such a name was written as what it is. */
#define ARM_SMCCC_VENDOR_HYP_UID_KVM						\
	UUID_INIT(0x28b46fb6, 0x2ec5, 0x11e9, 0xa9, 0xca, 0x4b, 0x56, 0x4d, 0x00, 0x3a, 0x74)

static inline u32 smccc_uuid_to_reg(const uuid_t *uuid, int reg)
{
	const u8 *byte = uuid->b + 4 * reg;

	return byte[0] | byte[1] << 8 | byte[2] << 16 | (u32)byte[3] << 24;
}
#endif

#ifndef HINT_UNSAFE_IN_KVM
/* 6.11 marked what user space may change while the kernel looks at it. */
#define immediate_exit__unsafe	immediate_exit
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
/* 6.13 folded hrtimer_init() and the assignment of the function into one call. */
#define hrtimer_setup(timer, fn, clock, mode)	\
do {						\
	hrtimer_init(timer, clock, mode);	\
	(timer)->function = (fn);		\
} while (0)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
/* 6.8 dropped the count, which every caller but one passed as 1. */
#define eventfd_signal(ctx)	eventfd_signal(ctx, 1)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#include <linux/rcupdate.h>

/* 6.2 dropped the CPU, which can only be this one. */
#define rcu_virt_note_context_switch(...) rcu_virt_note_context_switch(smp_processor_id())
#endif

/* Kernels generate these from the architecture's tables since 6.15 and later. */
#ifndef ICH_HCR_EL2_En
#define ICH_HCR_EL2_En		BIT(0)
#define ICH_HCR_EL2_LRENPIE	BIT(2)
#define ICH_HCR_EL2_NPIE	BIT(3)
#define ICH_HCR_EL2_VGrp0EIE	BIT(4)
#define ICH_HCR_EL2_VGrp1EIE	BIT(6)
#define ICH_HCR_EL2_TC		BIT(10)
#define ICH_HCR_EL2_TALL0	BIT(11)
#define ICH_HCR_EL2_TALL1	BIT(12)
#define ICH_HCR_EL2_TDIR	BIT(14)
#define ICH_HCR_EL2_EOIcount	GENMASK(31, 27)
#endif

#ifndef ICH_VMCR_EL2_VENG0
#define ICH_VMCR_EL2_VENG0	BIT(0)
#define ICH_VMCR_EL2_VENG1	BIT(1)
#define ICH_VMCR_EL2_VFIQEn	BIT(3)
#define ICH_VMCR_EL2_VEOIM	BIT(9)
#define ICH_VMCR_EL2_VPMR	GENMASK(31, 24)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0) && defined(SYS_OSLSR_OSLK)
/* 6.3 gave the fields of the OS lock registers names like those of all others. */
#define OSLAR_EL1_OSLK			SYS_OSLAR_OSLK
#define OSLSR_EL1_OSLK			SYS_OSLSR_OSLK
#define OSLSR_EL1_OSLM_IMPLEMENTED	SYS_OSLSR_OSLM_IMPLEMENTED
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#include <linux/mm.h>
#include <linux/irqchip/arm-gic-v3.h>	/* ICH_LR_*, in asm/sysreg.h since 5.12 */
#include <asm/esr.h>
#include <asm/kvm_arm.h>

#include "compat_old.h"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 18, 0)
#include <linux/sched.h>

/* 5.18 asks whether there is work for the way to user space by this name. */
#define task_work_pending(task)	(READ_ONCE((task)->task_works) != NULL)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0)
#include <linux/context_tracking.h>

/* 5.17 took apart the accounting of guest time and what RCU is told. */
static __always_inline void guest_timing_enter_irqoff(void)
{
	if (vtime_accounting_enabled_this_cpu())
		vtime_guest_enter(current);
	else
		current->flags |= PF_VCPU;
}

static __always_inline void guest_timing_exit_irqoff(void)
{
	if (vtime_accounting_enabled_this_cpu())
		vtime_guest_exit(current);
	else
		current->flags &= ~PF_VCPU;
}

static __always_inline void guest_state_enter_irqoff(void)
{
#ifdef CONFIG_CONTEXT_TRACKING
	if (context_tracking_enabled())
		__context_tracking_enter(CONTEXT_GUEST);
#endif
	if (!context_tracking_enabled_this_cpu())
		rcu_virt_note_context_switch(smp_processor_id());
}

static __always_inline void guest_state_exit_irqoff(void)
{
	context_tracking_guest_exit();
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 13, 0)
#include <asm/cpufeature.h>

/* 5.13 exports it. What some CPU has is then taken for what each has. */
#define this_cpu_has_cap(cap)	cpus_have_cap(cap)

/* 5.13 made a snapshot of the time say which counter it is of. */
#define compat_snapshot_is_of_counter(snap)	((void)(snap), false)
#else
#define compat_snapshot_is_of_counter(snap)	((snap)->cs_id == CSID_ARM_ARCH_COUNTER)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
/* 5.14 renamed the cache maintenance functions after what they do. */
#define icache_inval_all_pou	__flush_icache_all

/* 5.14 lets pfn_valid() say that there is a struct page, which it had not said before. */
#define pfn_is_map_memory(pfn)	pfn_valid(pfn)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
/* 6.9 lets a driver say that its device may be mapped as memory that is not cached. */
#define VM_ALLOW_ANY_UNCACHED	VM_NONE
#endif

/*
 * Is a file VFIO's: 6.6 asks so for groups and devices, 6.1 for groups, and 5.19 gave what
 * the group is of. Before that there was a reference, to be put down again.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 19, 0)
#define vfio_file_is_valid	vfio_group_get_external_user
#define compat_vfio_answer(group)						\
({										\
	typeof(group) __group = (group);					\
										\
	if (!IS_ERR(__group)) {							\
		symbol_get(vfio_group_put_external_user)(__group);		\
		symbol_put(vfio_group_put_external_user);			\
	}									\
	!IS_ERR(__group);							\
})
#else
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#define vfio_file_is_valid	vfio_file_iommu_group
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define vfio_file_is_valid	vfio_file_is_group
#endif
#define compat_vfio_answer(answer)	((bool)(answer))
#endif

/* 5.19 let a system event carry more than one word, and has a capability for it. */
#ifdef KVM_CAP_SYSTEM_EVENT_DATA
#define COMPAT_SYSTEM_EVENT_WORDS	1
#else
#define COMPAT_SYSTEM_EVENT_WORDS	0
#endif

static inline void compat_system_event_data(struct kvm_run *run, u64 data)
{
#if COMPAT_SYSTEM_EVENT_WORDS
	run->system_event.ndata = 1;
	run->system_event.data[0] = data;
#else
	run->system_event.flags = data;
#endif
}

/* 6.0 lets user space see all 64 bits of a syndrome. */
static inline void compat_debug_exit_syndrome(struct kvm_run *run, u64 esr)
{
	run->debug.arch.hsr = lower_32_bits(esr);
#ifdef KVM_DEBUG_ARCH_HSR_HIGH_VALID
	run->debug.arch.hsr_high = upper_32_bits(esr);
	run->flags = KVM_DEBUG_ARCH_HSR_HIGH_VALID;
#endif
}

/*
 * How long a task was ready and did not run: counted where the scheduler's
 * statistics are built in. Whether delay accounting counts it instead is known
 * only to the kernel itself.
 */
static inline bool compat_run_delay_known(void)
{
	return IS_ENABLED(CONFIG_SCHEDSTATS);
}

static inline u64 compat_run_delay(const struct task_struct *task)
{
#ifdef CONFIG_SCHED_INFO
	return task->sched_info.run_delay;
#else
	return 0;
#endif
}

/*
 * A multicast group that only administrators of the host may join. Stable kernels
 * got it late and before 6.1 in this form; one without it, which would let anybody
 * listen, does not compile.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#define COMPAT_MCAST_CAP_SYS_ADMIN	.cap_sys_admin = 1
#else
#define COMPAT_MCAST_CAP_SYS_ADMIN	.flags = GENL_MCAST_CAP_SYS_ADMIN
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
/* 6.7 gives dumps the same structure as other requests; the attributes were there. */
#define genl_info_dump(cb)	genl_dumpit_info(cb)
#endif

/*
 * 6.4 moved PMUv3's constants out of the architecture, for 32-bit kernels. In quotes:
 * compilers define linux.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define COMPAT_ARM_PMUV3_H	"asm/perf_event.h"
#else
#define COMPAT_ARM_PMUV3_H	"linux/perf/arm_pmuv3.h"
#endif

/* Until 6.12 perf put the cycle counter before the event counters. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#define compat_armpmu_counter(idx)	(((idx) - 1) & 31)
#else
#define compat_armpmu_counter(idx)	(idx)
#endif

/*
 * 5.17 has perf ask one question of who runs guests, and does not say whether another
 * was there before. A kernel without KVM does not ask.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0)
#define PERF_GUEST_ACTIVE	BIT(0)
#define PERF_GUEST_USER		BIT(1)
#define COMPAT_PERF_GUEST_CALLBACKS(name, state_fn, ip_fn)		\
static int name##_in_guest(void) { return !!state_fn(); }		\
static int name##_user(void) { return !!(state_fn() & PERF_GUEST_USER); } \
static struct perf_guest_info_callbacks name = {			\
	.is_in_guest = name##_in_guest,					\
	.is_user_mode = name##_user,					\
	.get_guest_ip = ip_fn,						\
}
#define compat_perf_register(cbs)	perf_register_guest_info_callbacks(cbs)
#define compat_perf_unregister(cbs)	perf_unregister_guest_info_callbacks(cbs)
#else
#define COMPAT_PERF_GUEST_CALLBACKS(name, state_fn, ip_fn)		\
static struct perf_guest_info_callbacks name = {			\
	.state = state_fn,						\
	.get_ip = ip_fn,						\
}
#ifdef CONFIG_GUEST_PERF_EVENTS
#define compat_perf_register(cbs)	(perf_register_guest_info_callbacks(cbs), 0)
#define compat_perf_unregister(cbs)	perf_unregister_guest_info_callbacks(cbs)
#else
#define compat_perf_register(cbs)	((void)(cbs), -ENODEV)
#define compat_perf_unregister(cbs)	((void)(cbs))
#endif
#endif

#ifndef KVM_CAP_SYSTEM_EVENT_DATA
#define KVM_CAP_SYSTEM_EVENT_DATA	215
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
/* Until 6.6 get_user_pages() took NUMA hinting faults of its own accord. */
#define FOLL_HONOR_NUMA_FAULT	0
#endif

/*
 * Guests with MTE: KVM's API has it from 5.14 on, and 6.1 has all that peng uses. From
 * 6.3 on a page says that its tags are being cleared, so memory may be shared with
 * other processes.
 */
#if defined(KVM_CAP_ARM_MTE) && defined(CONFIG_ARM64_MTE) && \
	LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
#define COMPAT_MTE
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define COMPAT_MTE_DENIED	VM_SHARED
#define try_page_mte_tagging(page)	(!page_mte_tagged(page))
#else
#define COMPAT_MTE_DENIED	0
#endif
#endif

#ifdef COMPAT_MTE
#define compat_host_has_mte()	system_supports_mte()
#else
#define compat_host_has_mte()	false
#endif

/*
 * Whether the CPU is in streaming mode, for user space of a kernel that has SME (6.0 and
 * later; stable kernels before 6.16 had it and then turned it off).
 */
#ifdef SYS_SVCR
#define compat_host_streams()							\
	(system_supports_sme() && (read_sysreg_s(SYS_SVCR) & SVCR_SM_MASK))
#else
#define compat_host_streams()	false
#endif

#ifndef ID_AA64ZFR0_EL1_B16B16_SHIFT
#define ID_AA64ZFR0_EL1_B16B16_SHIFT	24
#endif

#ifndef CTR_EL0_DminLine_MASK
#define CTR_EL0_DminLine_MASK	GENMASK(19, 16)
#define CTR_EL0_L1Ip_MASK	GENMASK(15, 14)
#define CTR_EL0_L1Ip_PIPT	3
#define CTR_EL0_IminLine_MASK	GENMASK(3, 0)
#endif

#endif /* !__ASSEMBLY__ */
#endif /* PENG_COMPAT_H */
