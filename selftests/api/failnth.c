// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that no allocation is one that must not fail: on a kernel with fault
 * injection each ioctl is repeated with its first allocation failing, then with
 * its second, until it needs no more. Each time it says so, leaves the VM as it
 * was, and succeeds when it is called again. What is lost on the way shows in
 * kmemleak's scan at the end of the run (lab/host --kernel debug).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "vm.h"

#define INJECT	"/sys/kernel/debug/"

/* Allocations that may sleep and single pages are spared by default. */
static const struct {
	const char *file;
	const char *value;
} knobs[] = {
	{ INJECT "failslab/ignore-gfp-wait",		"N" },
	{ INJECT "failslab/verbose",			"0" },
	{ INJECT "fail_page_alloc/ignore-gfp-wait",	"N" },
	{ INJECT "fail_page_alloc/ignore-gfp-highmem",	"N" },
	{ INJECT "fail_page_alloc/min-order",		"0" },
	{ INJECT "fail_page_alloc/verbose",		"0" },
	{ INJECT "fail_usercopy/verbose",		"0" },
};

static bool can_inject(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(knobs); i++)
		if (!host_write(knobs[i].file, knobs[i].value))
			return false;
	return !access("/proc/thread-self/fail-nth", W_OK);
}

static void guest_syncs(u64 arg)
{
	guest_sync(1);
}

/* The states in which a VM may be before the call. */
static void nothing(struct vm *vm)
{
	memset(vm, 0, sizeof(*vm));
	vm->dev = dev_open();
	vm->fd = vm->gic = -1;
}

static void empty(struct vm *vm)
{
	vm_open(vm, 0);
	vm_add_memory(vm);
}

static void one_vcpu(struct vm *vm)
{
	empty(vm);
	vm_add_vcpu(vm);
}

static void raw_gic(struct vm *vm)
{
	one_vcpu(vm);
	CHECK_FD(vm_create_gic(vm));
	vm_place_gic(vm);
}

static void whole(struct vm *vm)
{
	vm_init(vm, 1, guest_syncs);
}

static int create_vm(struct vm *vm)
{
	vm->fd = ioctl(vm->dev, KVM_CREATE_VM, 0);
	return vm->fd;
}

static int create_vcpu(struct vm *vm)
{
	int fd = ioctl(vm->fd, KVM_CREATE_VCPU, 7UL);

	if (fd >= 0)
		close(fd);
	return fd;
}

static int init_vcpu(struct vm *vm)
{
	struct kvm_vcpu_init init = { .target = KVM_ARM_TARGET_GENERIC_V8 };

	return ioctl(vm->vcpu[0].fd, KVM_ARM_VCPU_INIT, &init);
}

static int add_slot(struct vm *vm)
{
	return vm_set_slot(vm, VM_SLOT_FREE, KVM_MEM_LOG_DIRTY_PAGES, 0x70000000, 0x10000,
			   (void *)vm->ram);
}

static int init_gic(struct vm *vm)
{
	return dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL,
			KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static int create_its(struct vm *vm)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_ITS };
	int ret = ioctl(vm->fd, KVM_CREATE_DEVICE, &cd);

	if (!ret)
		close(cd.fd);
	return ret;
}

static int event;

static int add_irqfd(struct vm *vm)
{
	struct kvm_irqfd args = { .fd = event, .gsi = 40 };

	return ioctl(vm->fd, KVM_IRQFD, &args);
}

static int add_ioeventfd(struct vm *vm)
{
	struct kvm_ioeventfd args = { .addr = GUEST_MMIO_BASE, .len = 4, .fd = event };

	return ioctl(vm->fd, KVM_IOEVENTFD, &args);
}

static int add_zone(struct vm *vm)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = GUEST_MMIO_BASE, .size = 8 };

	return ioctl(vm->fd, KVM_REGISTER_COALESCED_MMIO, &zone);
}

static int set_routes(struct vm *vm)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry;
	} routes = {
		.head.nr = 1,
		.entry = { .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip.pin = 3 },
	};

	return ioctl(vm->fd, KVM_SET_GSI_ROUTING, &routes);
}

static int get_stats(struct vm *vm)
{
	int fd = ioctl(vm->vcpu[0].fd, KVM_GET_STATS_FD, NULL);

	if (fd >= 0)
		close(fd);
	return fd;
}

/* Every page of the guest is a fault, and some need tables. */
static int run(struct vm *vm)
{
	int ret = ioctl(vm->vcpu[0].fd, KVM_RUN, 0);

	if (!ret)
		CHECK(vm->vcpu[0].guest->ucall_cmd == UCALL_SYNC, "exit reason %u",
		      vm->vcpu[0].run->exit_reason);
	return ret;
}

FIXTURE(each_allocation) {
	int unused;
};

FIXTURE_VARIANT(each_allocation) {
	void (*before)(struct vm *vm);
	int (*call)(struct vm *vm);
};

#define OF(call, before) \
	FIXTURE_VARIANT_ADD(each_allocation, call) { before, call }

OF(create_vm, nothing);
OF(create_vcpu, empty);
OF(init_vcpu, one_vcpu);
OF(add_slot, empty);
OF(init_gic, raw_gic);
OF(create_its, one_vcpu);
OF(add_irqfd, whole);
OF(add_ioeventfd, whole);
OF(add_zone, whole);
OF(set_routes, whole);
OF(get_stats, whole);
OF(run, whole);

FIXTURE_SETUP(each_allocation)
{
	event = CHECK_FD(eventfd(0, 0));
}

FIXTURE_TEARDOWN(each_allocation)
{
}

/*
 * Whether the call met the failure, or had fewer allocations. Then the failure is
 * still to come, and may be that of the copies here: these are made again.
 */
static bool call_failing(struct vm *vm, int (*call)(struct vm *vm), int nth, int *error)
{
	int fd = CHECK_FD(open("/proc/thread-self/fail-nth", O_RDWR));
	char text[16] = "";
	bool met = true;
	int len;

	len = snprintf(text, sizeof(text), "%d", nth);
	CHECK(pwrite(fd, text, len, 0) == len, "fail-nth: %m");
	*error = ERRNO(call(vm));
	if (pread(fd, text, sizeof(text) - 1, 0) < 0 || atoi(text))
		met = false;
	while (pwrite(fd, "0", 1, 0) != 1)
		met = false;
	close(fd);
	return met;
}

static void destroy(struct vm *vm)
{
	if (vm->fd >= 0)
		vm_destroy(vm);
	else
		close(vm->dev);
}

TEST_F(each_allocation, may_fail)
{
	int nth, error, failed = 0;
	bool met = true;
	struct vm vm;

	if (!can_inject())
		SKIP(return, "no fault injection in this kernel");
	for (nth = 1; met; nth++) {
		variant->before(&vm);
		met = call_failing(&vm, variant->call, nth, &error);
		if (!met)
			ASSERT_EQ(0, error);
		/* The copy of an argument can fail as well; some memory is not needed. */
		if (error) {
			ASSERT_TRUE(error == ENOMEM || error == EFAULT) TH_LOG("errno %d", error);
			ASSERT_LE(0, variant->call(&vm)) TH_LOG("after failure %d: %m", nth);
			failed++;
		}
		destroy(&vm);
	}
	TH_LOG("%d of %d failures refused the call", failed, nth - 2);
	EXPECT_LT(0, failed);
}

TEST_HARNESS_MAIN
