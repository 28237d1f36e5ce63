/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The generic netlink family of peng: what VMs there are on a host, what their
 * vCPUs do, and what happens to them. The ioctls of /dev/peng are KVM's own
 * (<linux/kvm.h>); this is for those who watch and steer.
 *
 * Numbers never change: what is new gets the next one. The same in a form for
 * programs is Documentation/netlink/peng.yaml.
 */
#ifndef _UAPI_LINUX_PENG_H
#define _UAPI_LINUX_PENG_H

#define PENG_FAMILY_NAME	"peng"
#define PENG_FAMILY_VERSION	1

/* Longest name of a VM, without the zero that ends it. */
#define PENG_VM_NAME_MAX	63

/* Longest path of a VM's cgroup that is told, without the zero. */
#define PENG_CGROUP_MAX		1023

/**
 * enum peng_el2_mode - how peng has EL2
 * @PENG_MODE_VHE: the host kernel runs there itself
 * @PENG_MODE_NVHE: the host kernel runs at EL1, peng has EL2
 */
enum peng_el2_mode {
	PENG_MODE_VHE,
	PENG_MODE_NVHE,
};

/**
 * enum peng_lines - the interrupt lines of the guests' timers and of the vGIC
 * @PENG_LINES_OWNED: requested by peng
 * @PENG_LINES_BORROWED: built-in KVM has requested them
 */
enum peng_lines {
	PENG_LINES_OWNED,
	PENG_LINES_BORROWED,
};

/**
 * enum peng_vm_state - what a VM does
 * @PENG_VM_STATE_CREATED: no vCPU of it has run yet
 * @PENG_VM_STATE_RUNNING: some vCPU has run; what each does now, it says itself
 * @PENG_VM_STATE_DEAD: it will not run again: killed, or peng found its own state wrong
 * @PENG_VM_STATE_PAUSED: its vCPUs are held outside the guest by PENG_CMD_VM_PAUSE
 */
enum peng_vm_state {
	PENG_VM_STATE_CREATED,
	PENG_VM_STATE_RUNNING,
	PENG_VM_STATE_DEAD,
	PENG_VM_STATE_PAUSED,
};

/**
 * enum peng_vcpu_state - what a vCPU does
 * @PENG_VCPU_STATE_USER: nothing: its thread is not in KVM_RUN
 * @PENG_VCPU_STATE_RUNNING: runs, or waits for a CPU
 * @PENG_VCPU_STATE_HALTED: waits for an interrupt (WFI)
 * @PENG_VCPU_STATE_STOPPED: off (PSCI CPU_OFF, KVM_MP_STATE_STOPPED)
 * @PENG_VCPU_STATE_SUSPENDED: KVM_MP_STATE_SUSPENDED
 * @PENG_VCPU_STATE_PAUSED: waits in KVM_RUN for PENG_CMD_VM_RESUME
 * @PENG_VCPU_STATE_THROTTLED: waits in KVM_RUN because the VM's CPU time is used up
 */
enum peng_vcpu_state {
	PENG_VCPU_STATE_USER,
	PENG_VCPU_STATE_RUNNING,
	PENG_VCPU_STATE_HALTED,
	PENG_VCPU_STATE_STOPPED,
	PENG_VCPU_STATE_SUSPENDED,
	PENG_VCPU_STATE_PAUSED,
	PENG_VCPU_STATE_THROTTLED,
};

/**
 * enum peng_reason - why a VM is no more
 * @PENG_REASON_CLOSED: the last of its file descriptors was closed
 * @PENG_REASON_EXITED: its process has ended
 * @PENG_REASON_ERROR: peng had found its own state wrong before
 * @PENG_REASON_KILLED: PENG_CMD_VM_KILL had ended it before
 */
enum peng_reason {
	PENG_REASON_CLOSED,
	PENG_REASON_EXITED,
	PENG_REASON_ERROR,
	PENG_REASON_KILLED,
};

/**
 * enum peng_fault_kind - why a vCPU cannot go on
 * @PENG_FAULT_MEMORY: the host cannot give the page that backs the guest's memory there
 * @PENG_FAULT_ABORT: an access outside memory by an instruction of which the syndrome does
 *	not say what it does, or an abort of a kind that peng does not know
 * @PENG_FAULT_ENTRY: the guest could not be entered: KVM_EXIT_FAIL_ENTRY
 * @PENG_FAULT_DEFECT: peng has found its own state wrong; the VM is dead
 */
enum peng_fault_kind {
	PENG_FAULT_MEMORY,
	PENG_FAULT_ABORT,
	PENG_FAULT_ENTRY,
	PENG_FAULT_DEFECT,
};

/**
 * enum peng_host_feature - what the host's CPUs and their GIC have of what peng makes use of;
 *	numbers of bits
 * @PENG_HOST_FEATURE_RAS: FEAT_RAS: guests get SErrors with a syndrome
 * @PENG_HOST_FEATURE_S2FWB: FEAT_S2FWB: no cache maintenance for guests with caches off
 * @PENG_HOST_FEATURE_IDC: CTR_EL0.IDC: none of data for new code
 * @PENG_HOST_FEATURE_DIC: CTR_EL0.DIC: none of instructions for new code
 * @PENG_HOST_FEATURE_HAF: FEAT_HAFDBS: the CPU sets Stage-2 access flags
 * @PENG_HOST_FEATURE_VPIPT: the instruction cache is tagged by VMID
 * @PENG_HOST_FEATURE_TDIR: ICC_DIR_EL1 can be trapped by itself
 * @PENG_HOST_FEATURE_A3V: SGIs reach CPUs whose Aff3 is not 0
 * @PENG_HOST_FEATURE_PMU: guests can have a PMU
 * @PENG_HOST_FEATURE_SVE: guests can have SVE
 * @PENG_HOST_FEATURE_PTRAUTH: guests can have pointer authentication
 * @PENG_HOST_FEATURE_MTE: guests can have memory tags
 */
enum peng_host_feature {
	PENG_HOST_FEATURE_RAS,
	PENG_HOST_FEATURE_S2FWB,
	PENG_HOST_FEATURE_IDC,
	PENG_HOST_FEATURE_DIC,
	PENG_HOST_FEATURE_HAF,
	PENG_HOST_FEATURE_VPIPT,
	PENG_HOST_FEATURE_TDIR,
	PENG_HOST_FEATURE_A3V,
	PENG_HOST_FEATURE_PMU,
	PENG_HOST_FEATURE_SVE,
	PENG_HOST_FEATURE_PTRAUTH,
	PENG_HOST_FEATURE_MTE,
};

/**
 * enum peng_host_attr - the host
 * @PENG_A_HOST_VERSION: string: the module's version
 * @PENG_A_HOST_MODE: u32: PENG_MODE_*
 * @PENG_A_HOST_VMID_BITS: u32: width of VMIDs
 * @PENG_A_HOST_IPA_BITS: u32: most that a VM's physical addresses can have
 * @PENG_A_HOST_LIST_REGISTERS: u32: interrupts that the vGIC can offer a guest at once
 * @PENG_A_HOST_LINES: u32: PENG_LINES_*
 * @PENG_A_HOST_VMS: u32: how many VMs there are, of all users
 * @PENG_A_HOST_VCPUS: u32: how many vCPUs they have
 * @PENG_A_HOST_MAX_VMS: u32: how many VMs there may be; 0 for no limit, as the next three
 * @PENG_A_HOST_MAX_VCPUS: u32: how many vCPUs there may be
 * @PENG_A_HOST_MAX_VMS_PER_USER: u32: how many VMs a user may have
 * @PENG_A_HOST_MAX_VCPUS_PER_USER: u32: how many vCPUs a user's VMs may have together
 * @PENG_A_HOST_FEATURES: u32: bits of PENG_HOST_FEATURE_*
 */
enum peng_host_attr {
	PENG_A_HOST_VERSION = 1,
	PENG_A_HOST_MODE,
	PENG_A_HOST_VMID_BITS,
	PENG_A_HOST_IPA_BITS,
	PENG_A_HOST_LIST_REGISTERS,
	PENG_A_HOST_LINES,
	PENG_A_HOST_VMS,
	PENG_A_HOST_VCPUS,
	PENG_A_HOST_MAX_VMS,
	PENG_A_HOST_MAX_VCPUS,
	PENG_A_HOST_MAX_VMS_PER_USER,
	PENG_A_HOST_MAX_VCPUS_PER_USER,
	PENG_A_HOST_FEATURES,

	__PENG_A_HOST_MAX,
	PENG_A_HOST_MAX = __PENG_A_HOST_MAX - 1
};

/**
 * enum peng_vm_attr - a VM
 * @PENG_A_VM_PAD: aligns what follows
 * @PENG_A_VM_ID: u32: given by peng, not given again soon; never 0
 * @PENG_A_VM_NAME: string: given by PENG_CMD_VM_SET_NAME; absent where it has none
 * @PENG_A_VM_PID: u32: process that made it, as seen by the reader; absent where
 *	its PID namespace does not show it
 * @PENG_A_VM_UID: u32: user who made it: the owner
 * @PENG_A_VM_CREATED: u64: nanoseconds since 1970
 * @PENG_A_VM_STATE: u32: PENG_VM_STATE_*
 * @PENG_A_VM_VCPUS: u32: how many it has
 * @PENG_A_VM_SLOTS: u32: memory slots
 * @PENG_A_VM_MEMORY: u64: bytes that they cover
 * @PENG_A_VM_REASON: u32: PENG_REASON_*
 * @PENG_A_VM_QUOTA_US: u32: CPU time that all its vCPUs together may have in each
 *	period; absent where there is no limit
 * @PENG_A_VM_PERIOD_US: u32: how long a period is
 * @PENG_A_VM_THROTTLED: u64: periods in which a vCPU had to wait for the next
 * @PENG_A_VM_THROTTLED_NS: u64: for how long vCPUs have waited, all together
 * @PENG_A_VM_CGROUP_ID: u64: number of the cgroup (version 2) that the process which made
 *	it is in now: the inode of its directory. Absent where that is the root, as on
 *	a host without version 2, and where the process has ended
 * @PENG_A_VM_CGROUP: string: its path, as the reader's cgroup namespace shows it; absent
 *	where it is longer than PENG_CGROUP_MAX
 * @PENG_A_VM_FAULT: nest of PENG_A_FAULT_*; of PENG_CMD_VM_FAULT_NTF
 * @PENG_A_VM_MAPPED: nest of PENG_A_MAPPED_*: what of its memory Stage-2 maps now
 */
enum peng_vm_attr {
	PENG_A_VM_PAD = 1,
	PENG_A_VM_ID,
	PENG_A_VM_NAME,
	PENG_A_VM_PID,
	PENG_A_VM_UID,
	PENG_A_VM_CREATED,
	PENG_A_VM_STATE,
	PENG_A_VM_VCPUS,
	PENG_A_VM_SLOTS,
	PENG_A_VM_MEMORY,
	PENG_A_VM_REASON,
	PENG_A_VM_QUOTA_US,
	PENG_A_VM_PERIOD_US,
	PENG_A_VM_THROTTLED,
	PENG_A_VM_THROTTLED_NS,
	PENG_A_VM_CGROUP_ID,
	PENG_A_VM_CGROUP,
	PENG_A_VM_FAULT,
	PENG_A_VM_MAPPED,

	__PENG_A_VM_MAX,
	PENG_A_VM_MAX = __PENG_A_VM_MAX - 1
};

/**
 * enum peng_mapped_attr - bytes that Stage-2 maps by blocks of each size, u64. A page of a
 *	granule of 4K, 16K and 64K is 4K, 16K and 64K large, and a block of level 2 is
 *	2M, 32M and 512M (Arm ARM D8.2)
 * @PENG_A_MAPPED_PAD: aligns what follows
 * @PENG_A_MAPPED_LEVEL1: blocks of 1G; absent with other granules than 4K
 * @PENG_A_MAPPED_LEVEL2: blocks
 * @PENG_A_MAPPED_LEVEL3: pages
 */
enum peng_mapped_attr {
	PENG_A_MAPPED_PAD = 1,
	PENG_A_MAPPED_LEVEL1,
	PENG_A_MAPPED_LEVEL2,
	PENG_A_MAPPED_LEVEL3,

	__PENG_A_MAPPED_MAX,
	PENG_A_MAPPED_MAX = __PENG_A_MAPPED_MAX - 1
};

/**
 * enum peng_vcpu_attr - a vCPU
 * @PENG_A_VCPU_VM: u32: id of its VM
 * @PENG_A_VCPU_ID: u32: as KVM_CREATE_VCPU numbered it
 * @PENG_A_VCPU_STATE: u32: PENG_VCPU_STATE_*
 * @PENG_A_VCPU_CPU: u32: CPU of the host where it was last; absent where it never was on any
 * @PENG_A_VCPU_COUNTERS: nest of PENG_A_COUNTER_*
 * @PENG_A_VCPU_PAD: aligns what follows
 * @PENG_A_VCPU_TID: u32: the thread that called KVM_RUN last, as the asker's PID namespace
 *	numbers it; absent, as are the times, where there is none or it has ended
 * @PENG_A_VCPU_RUN_NS: u64: for how long that thread has had a CPU
 * @PENG_A_VCPU_GUEST_NS: u64: for how long the vCPU was in the guest
 * @PENG_A_VCPU_STEAL_NS: u64: for how long it was ready and had none; absent where the
 *	host does not count that
 * @PENG_A_VCPU_EXITS: nest of PENG_A_EXITS_*
 */
enum peng_vcpu_attr {
	PENG_A_VCPU_VM = 1,
	PENG_A_VCPU_ID,
	PENG_A_VCPU_STATE,
	PENG_A_VCPU_CPU,
	PENG_A_VCPU_COUNTERS,
	PENG_A_VCPU_PAD,
	PENG_A_VCPU_TID,
	PENG_A_VCPU_RUN_NS,
	PENG_A_VCPU_GUEST_NS,
	PENG_A_VCPU_STEAL_NS,
	PENG_A_VCPU_EXITS,

	__PENG_A_VCPU_MAX,
	PENG_A_VCPU_MAX = __PENG_A_VCPU_MAX - 1
};

/**
 * enum peng_counter_attr - counters of a vCPU, u64, from 0 on at its creation and at
 *	PENG_CMD_VM_RESET_STATS
 * @PENG_A_COUNTER_PAD: aligns what follows
 * @PENG_A_COUNTER_EXITS: exits to the host kernel
 * @PENG_A_COUNTER_HVC: hypercalls that reached the host kernel
 * @PENG_A_COUNTER_WFE: WFE that trapped
 * @PENG_A_COUNTER_WFI: WFI that trapped
 * @PENG_A_COUNTER_MMIO_USER: accesses that user space was asked to do
 * @PENG_A_COUNTER_MMIO_KERNEL: accesses that the kernel did
 * @PENG_A_COUNTER_SIGNALS: KVM_RUN ended by a signal
 * @PENG_A_COUNTER_HALT_ATTEMPTED_POLL: waits that began with a spin
 * @PENG_A_COUNTER_HALT_SUCCESSFUL_POLL: and ended with it
 * @PENG_A_COUNTER_HALT_WAKEUP: waits that slept
 * @PENG_A_COUNTER_HALT_WAIT_NS: for how many nanoseconds
 * @PENG_A_COUNTER_INTERRUPTS: virtual interrupts that were offered to the guest and that it
 *	acknowledged; LPIs among them
 */
enum peng_counter_attr {
	PENG_A_COUNTER_PAD = 1,
	PENG_A_COUNTER_EXITS,
	PENG_A_COUNTER_HVC,
	PENG_A_COUNTER_WFE,
	PENG_A_COUNTER_WFI,
	PENG_A_COUNTER_MMIO_USER,
	PENG_A_COUNTER_MMIO_KERNEL,
	PENG_A_COUNTER_SIGNALS,
	PENG_A_COUNTER_HALT_ATTEMPTED_POLL,
	PENG_A_COUNTER_HALT_SUCCESSFUL_POLL,
	PENG_A_COUNTER_HALT_WAKEUP,
	PENG_A_COUNTER_HALT_WAIT_NS,
	PENG_A_COUNTER_INTERRUPTS,

	__PENG_A_COUNTER_MAX,
	PENG_A_COUNTER_MAX = __PENG_A_COUNTER_MAX - 1
};

/**
 * enum peng_exits_attr - exits of a vCPU to the host kernel by class, each a nest of
 *	PENG_A_EXIT_*; absent where there was none. What EL2 finishes is not among them
 * @PENG_A_EXITS_INTERRUPT: an interrupt for the host
 * @PENG_A_EXITS_MEMORY: Stage-2 faults on memory
 * @PENG_A_EXITS_MMIO_KERNEL: accesses that the kernel did
 * @PENG_A_EXITS_MMIO_USER: accesses that user space was asked to do
 * @PENG_A_EXITS_SYSREG: system registers
 * @PENG_A_EXITS_WFI: WFI; until the vCPU goes on
 * @PENG_A_EXITS_WFE: WFE
 * @PENG_A_EXITS_HYPERCALL: HVC and SMC, PSCI's among them
 * @PENG_A_EXITS_FP: first use of SIMD and FP
 * @PENG_A_EXITS_DEBUG: for user space that debugs the guest
 * @PENG_A_EXITS_OTHER: what the guest does not have, SErrors, entries that failed
 */
enum peng_exits_attr {
	PENG_A_EXITS_INTERRUPT = 1,
	PENG_A_EXITS_MEMORY,
	PENG_A_EXITS_MMIO_KERNEL,
	PENG_A_EXITS_MMIO_USER,
	PENG_A_EXITS_SYSREG,
	PENG_A_EXITS_WFI,
	PENG_A_EXITS_WFE,
	PENG_A_EXITS_HYPERCALL,
	PENG_A_EXITS_FP,
	PENG_A_EXITS_DEBUG,
	PENG_A_EXITS_OTHER,

	__PENG_A_EXITS_MAX,
	PENG_A_EXITS_MAX = __PENG_A_EXITS_MAX - 1
};

/* PENG_A_EXIT_BUCKETS: bucket 0 is below 2^SHIFT ns, bucket n below twice that of n - 1. */
#define PENG_EXIT_BUCKETS	32
#define PENG_EXIT_BUCKET_SHIFT	6

/**
 * enum peng_exit_attr - exits of a class, from the vCPU's creation or
 *	PENG_CMD_VM_RESET_STATS on; one counts when the guest is entered again
 * @PENG_A_EXIT_PAD: aligns what follows
 * @PENG_A_EXIT_COUNT: u64: how many
 * @PENG_A_EXIT_NS: u64: for how many nanoseconds the guest was left for them, of those
 *	that were timed: all from the first PENG_CMD_VCPU_GET on. Not for how long its VM
 *	was paused, or the vCPU off
 * @PENG_A_EXIT_USER_NS: u64: what of it passed outside KVM_RUN
 * @PENG_A_EXIT_BUCKETS: binary: array of u64, how many were how long; the last bucket has
 *	no upper end, and zeros at the end are left out. Their sum is how many were timed
 */
enum peng_exit_attr {
	PENG_A_EXIT_PAD = 1,
	PENG_A_EXIT_COUNT,
	PENG_A_EXIT_NS,
	PENG_A_EXIT_USER_NS,
	PENG_A_EXIT_BUCKETS,

	__PENG_A_EXIT_MAX,
	PENG_A_EXIT_MAX = __PENG_A_EXIT_MAX - 1
};

/**
 * enum peng_fault_attr - what a vCPU met
 * @PENG_A_FAULT_PAD: aligns what follows
 * @PENG_A_FAULT_KIND: u32: PENG_FAULT_*
 * @PENG_A_FAULT_VCPU: u32: id of the vCPU
 * @PENG_A_FAULT_ERROR: u32: errno that KVM_RUN ended with; absent where it was 0
 * @PENG_A_FAULT_PC: u64: the guest's program counter
 * @PENG_A_FAULT_SYNDROME: u64: ESR_EL2 of the abort; absent where it was none, as the next
 * @PENG_A_FAULT_IPA: u64: guest physical address, of its page at least
 * @PENG_A_FAULT_SUPPRESSED: u32: how many faults of the VM were not told since the last one
 *	that was
 */
enum peng_fault_attr {
	PENG_A_FAULT_PAD = 1,
	PENG_A_FAULT_KIND,
	PENG_A_FAULT_VCPU,
	PENG_A_FAULT_ERROR,
	PENG_A_FAULT_PC,
	PENG_A_FAULT_SYNDROME,
	PENG_A_FAULT_IPA,
	PENG_A_FAULT_SUPPRESSED,

	__PENG_A_FAULT_MAX,
	PENG_A_FAULT_MAX = __PENG_A_FAULT_MAX - 1
};

/**
 * enum peng_cmd - requests, and messages to those who listen
 * @PENG_CMD_HOST_GET: the host; anybody
 * @PENG_CMD_VM_GET: one VM by PENG_A_VM_ID or PENG_A_VM_NAME; as a dump all VMs, or those
 *	that have the given id, name, pid, uid, state and cgroup id. CAP_SYS_ADMIN in the
 *	initial user namespace sees all VMs, others see their own
 * @PENG_CMD_VCPU_GET: the vCPU PENG_A_VCPU_ID of PENG_A_VCPU_VM; as a dump all of that
 *	VM's, or the one with the id; for who may see the VM. From the first on exits are
 *	timed
 * @PENG_CMD_VM_SET_NAME: give the VM of PENG_A_VM_ID the name PENG_A_VM_NAME, which no
 *	other VM has: a letter, then letters, digits and ``._-``; an empty name takes
 *	it away. CAP_SYS_ADMIN in the initial user namespace, or the owner
 * @PENG_CMD_VM_CREATED_NTF: a VM was made
 * @PENG_CMD_VM_STARTED_NTF: its first vCPU runs
 * @PENG_CMD_VM_DESTROYED_NTF: it is no more, and all of it is freed; PENG_A_VM_REASON
 * @PENG_CMD_VM_PAUSE: hold all vCPUs of PENG_A_VM_ID outside the guest; when it is
 *	answered, none executes anything of the guest. Their threads wait in KVM_RUN,
 *	which a signal ends as ever; the next one waits again. All other ioctls go on.
 *	0 also where the VM was paused, EIO where it is dead. Who may set its name may
 *	do this, and the next two
 * @PENG_CMD_VM_RESUME: the opposite; 0 also where the VM was not paused
 * @PENG_CMD_VM_KILL: end the VM of PENG_A_VM_ID: KVM_RUN and every other ioctl on it
 *	gives EIO from then on, until its process closes it. 0 also where it was dead
 * @PENG_CMD_VM_PAUSED_NTF: a VM that ran, or was to, is paused
 * @PENG_CMD_VM_RESUMED_NTF: a paused VM goes on
 * @PENG_CMD_VM_KILLED_NTF: a VM was killed; it is destroyed later
 * @PENG_CMD_VM_SHUTDOWN_NTF: the guest has turned itself off (PSCI SYSTEM_OFF)
 * @PENG_CMD_VM_RESET_NTF: the guest wants to start anew (PSCI SYSTEM_RESET, SYSTEM_RESET2)
 * @PENG_CMD_VM_RESET_STATS: have PENG_A_COUNTER_* and PENG_A_EXIT_* of all vCPUs of
 *	PENG_A_VM_ID begin anew at 0. KVM's own statistics file goes on. Who may set the VM's name may do this
 * @PENG_CMD_VM_SET_LIMITS: let the vCPUs of PENG_A_VM_ID have PENG_A_VM_QUOTA_US of CPU
 *	time, all together, in each PENG_A_VM_PERIOD_US, and then wait in KVM_RUN for
 *	the next period; a signal ends that as ever. From 1000 on; 0 takes the limit
 *	away. A period is 1000 to 1000000, and 100000 where it is not given. What a vCPU
 *	has used too much it gets less of later. Time in WFI is not counted. EIO where the
 *	VM is dead. Who may set the VM's name may do this
 * @PENG_CMD_VM_FAULT_NTF: a vCPU cannot go on; PENG_A_VM_FAULT. Of each VM no more than
 *	PENG_FAULT_BURST in PENG_FAULT_INTERVAL_S seconds are told
 * @PENG_CMD_VCPU_STATS_NTF: what PENG_CMD_VCPU_GET says of a vCPU; all of them each
 *	stats_interval_ms (a parameter of the module) milliseconds
 * @PENG_CMD_HOST_SET_LIMITS: set those of PENG_A_HOST_MAX_* that are given, as do the
 *	parameters of the module with the same names. What there is stays. CAP_SYS_ADMIN in
 *	the initial user namespace
 */
enum peng_cmd {
	PENG_CMD_HOST_GET = 1,
	PENG_CMD_VM_GET,
	PENG_CMD_VCPU_GET,
	PENG_CMD_VM_SET_NAME,
	PENG_CMD_VM_CREATED_NTF,
	PENG_CMD_VM_STARTED_NTF,
	PENG_CMD_VM_DESTROYED_NTF,
	PENG_CMD_VM_PAUSE,
	PENG_CMD_VM_RESUME,
	PENG_CMD_VM_KILL,
	PENG_CMD_VM_PAUSED_NTF,
	PENG_CMD_VM_RESUMED_NTF,
	PENG_CMD_VM_KILLED_NTF,
	PENG_CMD_VM_SHUTDOWN_NTF,
	PENG_CMD_VM_RESET_NTF,
	PENG_CMD_VM_RESET_STATS,
	PENG_CMD_VM_SET_LIMITS,
	PENG_CMD_VM_FAULT_NTF,
	PENG_CMD_VCPU_STATS_NTF,
	PENG_CMD_HOST_SET_LIMITS,

	__PENG_CMD_MAX,
	PENG_CMD_MAX = __PENG_CMD_MAX - 1
};

/* How often PENG_CMD_VM_FAULT_NTF is told of a VM; the others are counted. */
#define PENG_FAULT_BURST	10
#define PENG_FAULT_INTERVAL_S	5

/*
 * Groups: of PENG_CMD_VM_*_NTF but for faults, of PENG_CMD_VM_FAULT_NTF, and of
 * PENG_CMD_VCPU_STATS_NTF. Joining any of them needs CAP_SYS_ADMIN.
 */
#define PENG_MCGRP_LIFECYCLE	"lifecycle"
#define PENG_MCGRP_FAULT	"fault"
#define PENG_MCGRP_STATS	"stats"

#endif /* _UAPI_LINUX_PENG_H */
