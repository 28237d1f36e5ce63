/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel's headers as the pure parts of kmod/ use, for ordinary programs. The
 * headers beside this file, named as the kernel's, all lead here.
 *
 * Every change of a table entry goes through the unit_entry_*() functions, which a program defines:
 * that is where it watches, and where it lets another CPU get in between.
 */
#ifndef UNIT_KERNEL_SHIM_H
#define UNIT_KERNEL_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif
#define PAGE_SIZE (1UL << PAGE_SHIFT)

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef u64 gpa_t;
typedef u64 phys_addr_t;

#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK_ULL(h, l)	((~0ULL << (l)) & (~0ULL >> (63 - (h))))
#define FIELD_PREP(mask, v)	(((u64)(v) << __builtin_ctzll(mask)) & (mask))
#define FIELD_GET(mask, v)	(((v) & (mask)) >> __builtin_ctzll(mask))
#define IS_ALIGNED(v, a)	(((v) & ((a) - 1)) == 0)
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define __aligned(n)		__attribute__((aligned(n)))
#define __noreturn		__attribute__((noreturn))
#define __printf(f, a)		__attribute__((format(printf, f, a)))
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#endif
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))

static inline bool test_bit_le(unsigned long nr, const void *bits)
{
	return ((const u8 *)bits)[nr / 8] >> nr % 8 & 1;
}

u64 unit_entry_cmpxchg(u64 *entry, u64 old, u64 desc);
void unit_entry_store(u64 *entry, u64 desc);

#define READ_ONCE(x)			__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)		unit_entry_store(&(x), v)
#define smp_store_release(p, v)		unit_entry_store(p, v)
#define cmpxchg(p, old, desc)		unit_entry_cmpxchg(p, old, desc)
typedef struct { long counter; } atomic_long_t;
#define atomic_long_add(n, v)		((void)__atomic_add_fetch(&(v)->counter, n, __ATOMIC_RELAXED))
#define atomic_long_read(v)		__atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)
#define dsb(option)			__atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif /* UNIT_KERNEL_SHIM_H */
