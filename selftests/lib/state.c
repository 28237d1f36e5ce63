// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving a VM: everything of its vCPUs and its interrupt controller that user
 * space can read goes into a second VM, in the order in which clients do it.
 * Memory does not move: both VMs have the same.
 */
#include <stdlib.h>
#include <errno.h>
#include <sys/ioctl.h>
#include "state.h"
#include "gic.h"

#define GET	KVM_GET_DEVICE_ATTR
#define SET	KVM_SET_DEVICE_ATTR
#define SYSREG(op1, crn, crm, op2)	\
	(3ULL << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* What is written as it was read. */
struct range {
	u32 group;
	u64 first;
	u64 last;
};

static const struct range dist_ranges[] = {
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_IIDR, GICD_IIDR },
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_CTLR, GICD_CTLR },
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_IGROUPR + 4, GICD_IGROUPR + 28 },
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_ISENABLER + 4, GICD_ISENABLER + 28 },
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_ISPENDR + 4, GICD_ISPENDR + 28 },
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_ISACTIVER + 4, GICD_ISACTIVER + 28 },
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_IPRIORITYR + 32, GICD_IPRIORITYR + 252 },
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_ICFGR + 8, GICD_ICFGR + 60 },
	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_IROUTER + 256, GICD_IROUTER + 2044 },
};

static const struct range redist_ranges[] = {
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, GICR_PROPBASER, GICR_PENDBASER + 4 },
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, GICR_CTLR, GICR_CTLR },
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0x10000 + GICR_IGROUPR0, 0x10000 + GICR_IGROUPR0 },
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0x10000 + GICR_ISENABLER0,
	  0x10000 + GICR_ISENABLER0 },
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0x10000 + GICR_ISPENDR0, 0x10000 + GICR_ISPENDR0 },
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0x10000 + GICR_ISACTIVER0,
	  0x10000 + GICR_ISACTIVER0 },
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0x10000 + GICR_IPRIORITYR0,
	  0x10000 + GICR_IPRIORITYR0 + 28 },
	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0x10000 + GICR_ICFGR0, 0x10000 + GICR_ICFGR0 + 4 },
};

/* ICC_CTLR_EL1 before ICC_BPR1_EL1, which it may hide. */
static const u64 cpu_regs[] = {
	SYSREG(0, 12, 12, 5), SYSREG(0, 12, 12, 4), SYSREG(0, 4, 6, 0), SYSREG(0, 12, 8, 3),
	SYSREG(0, 12, 12, 3), SYSREG(0, 12, 12, 6), SYSREG(0, 12, 12, 7), SYSREG(0, 12, 8, 4),
	SYSREG(0, 12, 9, 0),
};

static void copy_attr(struct vm *to, struct vm *from, u32 group, u64 attr)
{
	u64 val = 0;

	CHECK(!dev_attr(from->gic, GET, group, attr, &val), "group %u attribute %#llx: %m", group,
	      (unsigned long long)attr);
	CHECK(!dev_attr(to->gic, SET, group, attr, &val), "group %u attribute %#llx: %m", group,
	      (unsigned long long)attr);
}

static void copy_ranges(struct vm *to, struct vm *from, const struct range *r, int nr, u64 mpidr)
{
	u64 attr;

	for (; nr--; r++)
		for (attr = r->first; attr <= r->last; attr += 4)
			copy_attr(to, from, r->group, mpidr << 32 | attr);
}

static void copy_gic(struct vm *to, struct vm *from)
{
	unsigned int i, j;

	copy_ranges(to, from, dist_ranges, sizeof(dist_ranges) / sizeof(dist_ranges[0]), 0);
	for (i = 0; i < VM_NR_IRQS; i += 32)
		copy_attr(to, from, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, i);
	for (i = 0; i < from->nr_vcpus; i++) {
		copy_ranges(to, from, redist_ranges,
			    sizeof(redist_ranges) / sizeof(redist_ranges[0]), i);
		copy_attr(to, from, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, (u64)i << 32);
		for (j = 0; j < sizeof(cpu_regs) / sizeof(cpu_regs[0]); j++)
			copy_attr(to, from, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS,
				  (u64)i << 32 | cpu_regs[j]);
	}
}

static void copy_vcpu(struct vcpu *to, struct vcpu *from)
{
	struct kvm_reg_list *list = vcpu_reg_list(from);
	u64 val[32], i;

	for (i = 0; i < list->n; i++) {
		CHECK(!vcpu_get(from, list->reg[i], val), "get %#llx: %m",
		      (unsigned long long)list->reg[i]);
		CHECK(!vcpu_set(to, list->reg[i], val), "set %#llx: %m",
		      (unsigned long long)list->reg[i]);
	}
	free(list);
}

void vm_init_like(struct vm *vm, struct vm *from)
{
	unsigned int i;

	vm_open(vm, 0);
	vm_add_same_memory(vm, from);
	for (i = 0; i < from->nr_vcpus; i++)
		vm_add_vcpu(vm);
	vm_add_gic(vm);
	for (i = 0; i < from->nr_vcpus; i++)
		CHECK_FD(vcpu_init_features(&vm->vcpu[i], 0));
}

void vm_copy_state(struct vm *to, struct vm *from)
{
	unsigned int i;

	for (i = 0; i < from->nr_vcpus; i++) {
		vcpu_complete(&from->vcpu[i]);
		copy_vcpu(&to->vcpu[i], &from->vcpu[i]);
	}
	copy_gic(to, from);
}
