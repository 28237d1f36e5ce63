// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves what a memory error does to guests (MADV_HWPOISON is the kernel's own
 * injector): a load, a store or an instruction fetch of the guest from a page that
 * is lost ends KVM_RUN with SIGBUS, BUS_MCEERR_AR, and where and how much is lost;
 * an external abort that user space then injects is taken at the access; memory put
 * in its place works; other pages and other VMs are unharmed; and who does not
 * handle the signal dies of it, alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kselftest_harness.h"
#include "vm.h"

#define AREA	0x100000000
#define HUGE	0x200000
#define RET	0xd65f03c0
/* Offset of the page that is lost, for pages of 4, 16 and 64 KiB. */
#define LOST	0x10000

enum access { LOAD, STORE, FETCH };

static volatile siginfo_t last;
static volatile int signals;

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	last = *info;
	signals++;
}

static void catch_sigbus(void)
{
	struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };

	CHECK_FD(sigaction(SIGBUS, &action, NULL));
}

static void do_access(u64 at, enum access access)
{
	switch (access) {
	case LOAD:
		mmio_read32(at);
		break;
	case STORE:
		mmio_write32(at, 1);
		break;
	case FETCH:
		((void (*)(void))at)();
		break;
	}
}

static enum access wanted;

/* The page is there; it is lost; user space injects an abort; user space replaces it. */
static void guest_access(u64 at)
{
	u64 esr;

	GUEST_ASSERT_EQ(mmio_read32(at), RET);
	do_access(at, FETCH);
	guest_sync(1);
	if (wanted == FETCH) {
		do_access(at, FETCH);
	} else {
		esr = GUEST_CATCH(do_access(at + 8, wanted));
		GUEST_ASSERT_EQ(ESR_EC(esr), ESR_EC_DABT_CUR);
		GUEST_ASSERT_EQ(ESR_FSC(esr), ESR_FSC_EXTABT);
		GUEST_ASSERT_EQ(guest_self()->far, at + 8);
	}
	guest_sync(2);
	do_access(at, wanted);
	GUEST_ASSERT_EQ(mmio_read32(at), wanted == STORE ? 1 : RET);
	GUEST_ASSERT_EQ(mmio_read32(AREA), RET);
	GUEST_ASSERT_EQ(mmio_read32(at - 4), RET);
}

static void guest_other(u64 arg)
{
	guest_sync(1);
}

FIXTURE(poison) {
	struct vm vm, other;
	struct vcpu *v;
	u64 page;
};

FIXTURE_SETUP(poison)
{
	self->page = sysconf(_SC_PAGESIZE);
	/* Of no page, so that only the advice itself can be refused. */
	if (madvise(NULL, 0, MADV_HWPOISON))
		SKIP_IN_SETUP("this kernel cannot inject memory errors");
	catch_sigbus();
	vm_init(&self->other, 1, guest_other);
	vm_init(&self->vm, 1, guest_access);
	self->v = &self->vm.vcpu[0];
	vcpu_start(self->v, guest_access, AREA + LOST);
}

FIXTURE_TEARDOWN(poison)
{
	vm_destroy(&self->vm);
	vm_destroy(&self->other);
}

static u32 *map(int flags, int fd, int advice)
{
	u32 *p = mmap((void *)AREA, HUGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		      MAP_FIXED | flags, fd, 0);
	unsigned int i;

	if (p == MAP_FAILED)
		return NULL;
	if (advice)
		CHECK_FD(madvise(p, HUGE, advice));
	for (i = 0; i < HUGE / sizeof(*p); i++)
		p[i] = RET;
	return p;
}

/* The process may get a signal for the injection itself. */
static void inject_error(u64 at)
{
	CHECK_FD(madvise((void *)at, sysconf(_SC_PAGESIZE), MADV_HWPOISON));
	signals = 0;
	memset((void *)&last, 0, sizeof(last));
}

#define EXPECT_SIGBUS(shift) do {						\
	ASSERT_EQ(EINTR, ERRNO(ioctl(self->v->fd, KVM_RUN, 0)));		\
	EXPECT_EQ(1, signals);							\
	EXPECT_EQ(BUS_MCEERR_AR, last.si_code);					\
	EXPECT_EQ((AREA + LOST) & ~((1UL << (shift)) - 1),			\
		  (u64)last.si_addr & ~((1UL << (shift)) - 1));			\
	EXPECT_EQ(shift, last.si_addr_lsb);					\
	signals = 0;								\
} while (0)

/* To where the guest waits for memory that is to be replaced. */
static void lose(struct __test_metadata *_metadata, FIXTURE_DATA(poison) *self, int shift)
{
	struct kvm_vcpu_events abort = { .exception.ext_dabt_pending = 1 };

	ASSERT_EQ(0, vm_set_slot(&self->vm, VM_SLOT_FREE, 0, AREA, HUGE, (void *)AREA));
	vcpu_expect_sync(self->v, 1);
	inject_error(AREA + LOST);
	EXPECT_SIGBUS(shift);
	/* It is still lost. */
	EXPECT_SIGBUS(shift);
	vcpu_expect_sync(&self->other.vcpu[0], 1);
	if (wanted == FETCH)
		return;
	ASSERT_EQ(0, ioctl(self->v->fd, KVM_SET_VCPU_EVENTS, &abort));
	vcpu_expect_sync(self->v, 2);
	EXPECT_EQ(0, signals);
}

static void replace(struct __test_metadata *_metadata, FIXTURE_DATA(poison) *self, u64 size)
{
	u32 *p = mmap((void *)((AREA + LOST) & ~(size - 1)), size,
		      PROT_READ | PROT_WRITE | PROT_EXEC,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	unsigned int i;

	ASSERT_NE(MAP_FAILED, p);
	for (i = 0; i < size / sizeof(*p); i++)
		p[i] = RET;
	vcpu_finish(self->v);
	vcpu_finish(&self->other.vcpu[0]);
}

static void lose_small_page(struct __test_metadata *_metadata, FIXTURE_DATA(poison) *self,
			    enum access access, int advice)
{
	wanted = access;
	ASSERT_NE(NULL, map(MAP_PRIVATE | MAP_ANONYMOUS, -1, advice));
	lose(_metadata, self, __builtin_ctzl(self->page));
	replace(_metadata, self, self->page);
}

TEST_F(poison, load)
{
	lose_small_page(_metadata, self, LOAD, MADV_NOHUGEPAGE);
}

TEST_F(poison, store)
{
	lose_small_page(_metadata, self, STORE, MADV_NOHUGEPAGE);
}

TEST_F(poison, fetch)
{
	lose_small_page(_metadata, self, FETCH, MADV_NOHUGEPAGE);
}

/* Only the page is lost, not the huge one that it was a part of. */
TEST_F(poison, in_a_transparent_huge_page)
{
	lose_small_page(_metadata, self, LOAD, MADV_HUGEPAGE);
}

/* Of hugetlbfs the whole is lost. */
TEST_F(poison, hugetlb)
{
	wanted = LOAD;
	if (!host_write("/proc/sys/vm/nr_hugepages", "4") ||
	    !map(MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 21 << MAP_HUGE_SHIFT, -1, 0))
		SKIP(return, "no huge pages of 2M");
	lose(_metadata, self, 21);
	replace(_metadata, self, HUGE);
	host_write("/proc/sys/vm/nr_hugepages", "0");
}

TEST_F(poison, shared_file)
{
	int fd = memfd_create("memory", 0);

	wanted = STORE;
	ASSERT_EQ(0, ftruncate(fd, HUGE));
	ASSERT_NE(NULL, map(MAP_SHARED, fd, 0));
	lose(_metadata, self, __builtin_ctzl(self->page));
	replace(_metadata, self, self->page);
}

static void die_of_it(void)
{
	struct vm vm;

	vm_init(&vm, 1, guest_access);
	if (!map(MAP_PRIVATE | MAP_ANONYMOUS, -1, MADV_NOHUGEPAGE) ||
	    vm_set_slot(&vm, VM_SLOT_FREE, 0, AREA, HUGE, (void *)AREA))
		_exit(1);
	vcpu_start(&vm.vcpu[0], guest_access, AREA + LOST);
	vcpu_expect_sync(&vm.vcpu[0], 1);
	inject_error(AREA + LOST);
	signal(SIGBUS, SIG_DFL);
	vcpu_run(&vm.vcpu[0]);
	_exit(3);
}

TEST_F(poison, unhandled)
{
	pid_t child;
	int status;

	wanted = LOAD;
	child = fork();
	if (!child)
		die_of_it();
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGBUS, WTERMSIG(status));
	vcpu_finish(&self->other.vcpu[0]);
}

TEST_HARNESS_MAIN
