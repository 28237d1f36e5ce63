// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that guests run the code that is there: written by the host before
 * and between runs, by the guest itself, on pages that were read or written
 * before they are executed, that went to swap or were replaced, and with two
 * vCPUs of which one writes and the other executes.
 */
#include <sys/mman.h>
#include "kselftest_harness.h"
#include "vm.h"

#define AREA	0x200000000ULL
#define SIZE	0x200000ULL
#define ROUNDS	50

typedef u64 (*code_fn)(void);

/* mov w0, #value; ret */
static void put_code(u64 at, u16 value)
{
	WRITE_ONCE(*(u32 *)at, 0x52800000 | (u32)value << 5);
	WRITE_ONCE(*(u32 *)(at + 4), 0xd65f03c0);
}

/* What the architecture asks of who changes code. */
static void sync_code(u64 at)
{
	asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
		     : : "r" (at) : "memory");
}

static void guest_host_writes(u64 at)
{
	u64 i;

	for (i = 0; i < ROUNDS; i++) {
		isb();
		GUEST_ASSERT_EQ(((code_fn)at)(), i);
		guest_sync(i);
	}
}

static void guest_writes(u64 at)
{
	u64 i;

	for (i = 0; i < ROUNDS; i++) {
		put_code(at + i * 64, i);
		sync_code(at + i * 64);
		GUEST_ASSERT_EQ(((code_fn)(at + i * 64))(), i);
		put_code(at, ROUNDS + i);
		sync_code(at);
		GUEST_ASSERT_EQ(((code_fn)at)(), ROUNDS + i);
	}
}

/* Read first, which may map the page without the right to execute. */
static void guest_reads_first(u64 at)
{
	u64 i;

	for (i = 0; i < SIZE; i += 4096) {
		GUEST_ASSERT_EQ(READ_ONCE(*(u32 *)(at + i + 4)), 0xd65f03c0);
		GUEST_ASSERT_EQ(((code_fn)(at + i))(), i / 4096);
	}
}

static u32 ready;

/* CPU 0 writes the next piece, CPU 1 runs it once it is told. */
static void guest_cross_cpu(u64 cpu)
{
	u64 at = AREA, i;

	for (i = 1; i <= ROUNDS; i++) {
		if (!cpu) {
			put_code(at, i);
			sync_code(at);
			counter_inc(ready);
			GUEST_WAIT(counter_read(ready) == 2 * i);
		} else {
			GUEST_WAIT(counter_read(ready) == 2 * i - 1);
			isb();
			GUEST_ASSERT_EQ(((code_fn)at)(), i);
			counter_inc(ready);
		}
	}
}

static void *start(struct vm *vm, unsigned int cpus, guest_fn fn)
{
	vm_init(vm, cpus, fn);
	if (cpus == 1)
		vcpu_start(&vm->vcpu[0], fn, AREA);
	return vm_map(vm, VM_SLOT_FREE, AREA, SIZE);
}

static void host_code(void *p, u64 value)
{
	put_code((u64)p, value);
	__builtin___clear_cache(p, p + 8);
}

TEST(host_writes_code)
{
	struct vm vm;
	void *p = start(&vm, 1, guest_host_writes);
	u64 i;

	for (i = 0; i < ROUNDS; i++) {
		host_code(p, i);
		vcpu_expect_sync(&vm.vcpu[0], i);
	}
	vcpu_finish(&vm.vcpu[0]);
}

TEST(new_page_under_the_code)
{
	struct vm vm;
	void *p = start(&vm, 1, guest_host_writes);
	u64 i;

	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(p, mmap(p, SIZE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		host_code(p, i);
		vcpu_expect_sync(&vm.vcpu[0], i);
	}
	vcpu_finish(&vm.vcpu[0]);
}

TEST(guest_writes_code)
{
	struct vm vm;

	start(&vm, 1, guest_writes);
	vcpu_finish(&vm.vcpu[0]);
}

static void fill_pages(char *p)
{
	u64 i;

	for (i = 0; i < SIZE; i += 4096)
		host_code(p + i, i / 4096);
}

TEST(read_before_executed)
{
	struct vm vm;
	char *p = start(&vm, 1, guest_reads_first);

	madvise(p, SIZE, MADV_NOHUGEPAGE);
	fill_pages(p);
	vcpu_finish(&vm.vcpu[0]);
}

TEST(read_before_executed_huge)
{
	struct vm vm;
	char *p = start(&vm, 1, guest_reads_first);

	madvise(p, SIZE, MADV_HUGEPAGE);
	fill_pages(p);
	vcpu_finish(&vm.vcpu[0]);
}

/* A slot that may not be written can still be executed. */
TEST(executed_from_readonly_slot)
{
	struct vm vm;
	char *p = start(&vm, 1, guest_reads_first);

	fill_pages(p);
	ASSERT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE, 0, AREA, 0, p));
	ASSERT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE, KVM_MEM_READONLY, AREA, SIZE, p));
	vcpu_finish(&vm.vcpu[0]);
}

TEST(one_cpu_writes_another_executes)
{
	struct vm vm;

	start(&vm, 2, guest_cross_cpu);
	vm_finish(&vm);
}

TEST_HARNESS_MAIN
