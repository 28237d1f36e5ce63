// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capability rows. What has no row is a feature's (feature.c), or 0: nothing pretends.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "cap.h"
#include "debug/debug.h"
#include "feature.h"
#include "host/probe.h"
#include "mmu/memslot.h"
#include "mmu/mmu.h"
#include "table.h"
#include "vm.h"

/**
 * struct cap_row - a capability
 * @cap: KVM_CAP_*; rows are sorted by it
 * @value: answer, where @get is NULL
 * @get: computes the answer; @vm is NULL on the system fd
 * @enable: KVM_ENABLE_CAP; vm->lock held
 */
struct cap_row {
	u32 cap;
	int value;
	int (*get)(const struct peng_vm *vm);
	int (*enable)(struct peng_vm *vm, const struct kvm_enable_cap *args);
};

/* The number recommended: more vCPUs than CPUs only wait for each other. */
static int get_nr_vcpus(const struct peng_vm *vm)
{
	return min_t(int, num_online_cpus(), PENG_MAX_VCPUS);
}

static int get_ipa_size(const struct peng_vm *vm)
{
	return peng_host.ipa_bits;
}

static int get_steal_time(const struct peng_vm *vm)
{
	return peng_pvtime_supported();
}

static int get_hw_breakpoints(const struct peng_vm *vm)
{
	return peng_host.brps;
}

static int get_hw_watchpoints(const struct peng_vm *vm)
{
	return peng_host.wrps;
}

/* A syndrome of user space's choice needs VSESR_EL2. */
static int get_serror_esr(const struct peng_vm *vm)
{
	return peng_host.ras;
}

static int enable_system_suspend(struct peng_vm *vm, const struct kvm_enable_cap *args)
{
	WRITE_ONCE(vm->system_suspend, true);
	return 0;
}

/* Only a VM has an ITS, and only then does a message name its device. */
static int get_msi_devid(const struct peng_vm *vm)
{
	return vm ? READ_ONCE(vm->vgic.has_its) : -EINVAL;
}

static int enable_nisv(struct peng_vm *vm, const struct kvm_enable_cap *args)
{
	vm->nisv_to_user = true;
	return 0;
}

static int enable_manual_log(struct peng_vm *vm, const struct kvm_enable_cap *args)
{
	return peng_dirty_set_manual(vm, args->args[0]);
}

#ifdef COMPAT_MTE
static int get_mte(const struct peng_vm *vm)
{
	return peng_feature_on_host(PENG_FEATURE_MTE);
}

static int enable_mte(struct peng_vm *vm, const struct kvm_enable_cap *args)
{
	return peng_mte_enable(vm);
}
#endif

#ifdef KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP
static int enable_ring(struct peng_vm *vm, const struct kvm_enable_cap *args)
{
	return peng_ring_enable(vm, args->args[0]);
}

static int enable_ring_bitmap(struct peng_vm *vm, const struct kvm_enable_cap *args)
{
	return peng_ring_enable_bitmap(vm);
}
#endif

static const struct cap_row rows[] = {
	{ KVM_CAP_IRQCHIP,			1 },
	{ KVM_CAP_USER_MEMORY,			1 },
	{ KVM_CAP_NR_VCPUS,			.get = get_nr_vcpus },
	{ KVM_CAP_NR_MEMSLOTS,			PENG_NR_MEMSLOTS },
	{ KVM_CAP_MP_STATE,			1 },
	{ KVM_CAP_COALESCED_MMIO,		KVM_COALESCED_MMIO_PAGE_OFFSET },
	{ KVM_CAP_SYNC_MMU,			1 },
	{ KVM_CAP_DESTROY_MEMORY_REGION_WORKS,	1 },
	{ KVM_CAP_SET_GUEST_DEBUG,		1 },
	{ KVM_CAP_IRQ_ROUTING,			PENG_VGIC_MAX_ROUTES },
	{ KVM_CAP_JOIN_MEMORY_REGIONS_WORKS,	1 },
	{ KVM_CAP_IRQFD,			1 },
	{ KVM_CAP_IOEVENTFD,			1 },
	{ KVM_CAP_INTERNAL_ERROR_DATA,		1 },
	{ KVM_CAP_VCPU_EVENTS,			1 },
	{ KVM_CAP_MAX_VCPUS,			PENG_MAX_VCPUS },
	{ KVM_CAP_ONE_REG,			1 },
	{ KVM_CAP_SIGNAL_MSI,			1 },
	{ KVM_CAP_READONLY_MEM,			1 },
	{ KVM_CAP_IRQFD_RESAMPLE,		1 },
	{ KVM_CAP_ARM_PSCI,			1 },
	{ KVM_CAP_ARM_SET_DEVICE_ADDR,		1 },
	{ KVM_CAP_DEVICE_CTRL,			1 },
	{ KVM_CAP_ENABLE_CAP_VM,		1 },
	{ KVM_CAP_ARM_PSCI_0_2,			1 },
	{ KVM_CAP_CHECK_EXTENSION_VM,		1 },
	{ KVM_CAP_GUEST_DEBUG_HW_BPS,		.get = get_hw_breakpoints },
	{ KVM_CAP_GUEST_DEBUG_HW_WPS,		.get = get_hw_watchpoints },
	{ KVM_CAP_IOEVENTFD_ANY_LENGTH,		1 },
	{ KVM_CAP_VCPU_ATTRIBUTES,		1 },
	{ KVM_CAP_MAX_VCPU_ID,			PENG_MAX_VCPUS },
	{ KVM_CAP_MSI_DEVID,			.get = get_msi_devid },
	{ KVM_CAP_IMMEDIATE_EXIT,		1 },
	{ KVM_CAP_ARM_INJECT_SERROR_ESR,	.get = get_serror_esr },
	{ KVM_CAP_COALESCED_PIO,		1 },
	{ KVM_CAP_ARM_VM_IPA_SIZE,		.get = get_ipa_size },
	{ KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
	  KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET,
	  .enable = enable_manual_log },
	{ KVM_CAP_ARM_IRQ_LINE_LAYOUT_2,	1 },
	{ KVM_CAP_ARM_NISV_TO_USER,		1, .enable = enable_nisv },
	{ KVM_CAP_ARM_INJECT_EXT_DABT,		1 },
	{ KVM_CAP_STEAL_TIME,			.get = get_steal_time },
	{ KVM_CAP_SET_GUEST_DEBUG2,		PENG_GUESTDBG_VALID },
	{ KVM_CAP_PTP_KVM,			1 },
	{ KVM_CAP_BINARY_STATS_FD,		1 },
#ifdef COMPAT_MTE
	{ KVM_CAP_ARM_MTE,			.get = get_mte, .enable = enable_mte },
#endif
	{ KVM_CAP_SYSTEM_EVENT_DATA,		COMPAT_SYSTEM_EVENT_WORDS },
	{ KVM_CAP_ARM_SYSTEM_SUSPEND,		1, .enable = enable_system_suspend },
#ifdef KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP
	{ KVM_CAP_DIRTY_LOG_RING_ACQ_REL,	PENG_RING_MAX_SIZE, .enable = enable_ring },
	{ KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP,	1, .enable = enable_ring_bitmap },
#endif
#ifdef KVM_CAP_COUNTER_OFFSET
	{ KVM_CAP_COUNTER_OFFSET,		1 },
#endif
#ifdef KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES
	{ KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES, BIT(KVM_ARM_FEATURE_ID_RANGE) },
#endif
};

bool peng_cap_table_ok(void)
{
	return PENG_TABLE_SORTED(rows, ARRAY_SIZE(rows), cap);
}

long peng_cap_check(struct peng_vm *vm, unsigned long cap)
{
	const struct cap_row *row = PENG_TABLE_FIND(rows, ARRAY_SIZE(rows), cap, cap);

	if (cap > U32_MAX)
		return 0;
	if (!row)
		return peng_feature_cap(cap);
	return row->get ? row->get(vm) : row->value;
}

long peng_cap_enable(struct peng_vm *vm, const struct kvm_enable_cap *args)
{
	const struct cap_row *row = PENG_TABLE_FIND(rows, ARRAY_SIZE(rows), cap, args->cap);

	if (!row || !row->enable || args->flags)
		return -EINVAL;
	return row->enable(vm, args);
}
