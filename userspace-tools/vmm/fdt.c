// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device tree, written front to back by libfdt's sequential calls straight
 * into guest memory. A failing call is kept in struct tree and makes the ones
 * after it do nothing, so that only the end has to look.
 */
#include "fdt.h"
#include "features.h"
#include "layout.h"
#include "loader.h"
#include "util.h"
#include "vm.h"

#include <errno.h>
#include <libfdt.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* Interrupt cells: Documentation/devicetree/bindings/interrupt-controller/arm,gic-v3.yaml. */
#define GIC_SPI		0
#define GIC_PPI		1
#define IRQ_EDGE	1
#define IRQ_LEVEL	4

/* Interrupts that the architecture's base system gives to CPUs, as PPI numbers. */
#define PPI_TIMER_SECURE	13
#define PPI_TIMER_PHYSICAL	14
#define PPI_TIMER_VIRTUAL	11
#define PPI_TIMER_HYP		10

#define APB_CLOCK_HZ 24000000

/* struct tree - a tree being written; phandles are generated from 1 up. */
struct tree {
	void *blob;
	int error;
	uint32_t gic;
	uint32_t clock;
	uint32_t gpio;
	uint32_t first_cpu;
};

static void begin(struct tree *tree, const char *name)
{
	if (!tree->error)
		tree->error = fdt_begin_node(tree->blob, name);
}

static void begin_at(struct tree *tree, const char *name, uint64_t unit)
{
	char full[64];

	snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)unit);
	begin(tree, full);
}

static void end(struct tree *tree)
{
	if (!tree->error)
		tree->error = fdt_end_node(tree->blob);
}

static void put_bytes(struct tree *tree, const char *name, const void *data, size_t size)
{
	if (!tree->error)
		tree->error = fdt_property(tree->blob, name, data, size);
}

static void put_string(struct tree *tree, const char *name, const char *value)
{
	put_bytes(tree, name, value, strlen(value) + 1);
}

static void put_flag(struct tree *tree, const char *name)
{
	put_bytes(tree, name, NULL, 0);
}

static void put_cells(struct tree *tree, const char *name, const uint32_t *cells, size_t count)
{
	fdt32_t data[16];

	for (size_t i = 0; i < count; i++)
		data[i] = cpu_to_fdt32(cells[i]);
	put_bytes(tree, name, data, count * sizeof(data[0]));
}

#define PUT_CELLS(tree, name, ...) \
	put_cells(tree, name, (const uint32_t[]){ __VA_ARGS__ }, \
		  sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* A 64-bit number as two cells. */
#define CELLS64(value) (uint32_t)((uint64_t)(value) >> 32), (uint32_t)(value)

static void put_chosen(struct tree *tree, const struct vm *vm, const struct loaded *loaded)
{
	uint8_t seed[64];
	char path[32];

	begin(tree, "chosen");
	put_string(tree, "bootargs", vm->options->append);
	snprintf(path, sizeof(path), "/serial@%lx", LAYOUT_SERIAL_BASE);
	put_string(tree, "stdout-path", path);
	if (loaded->initrd_end > loaded->initrd) {
		PUT_CELLS(tree, "linux,initrd-start", CELLS64(loaded->initrd));
		PUT_CELLS(tree, "linux,initrd-end", CELLS64(loaded->initrd_end));
	}
	if (getrandom(seed, sizeof(seed), 0) == sizeof(seed)) {
		put_bytes(tree, "kaslr-seed", seed, 8);
		put_bytes(tree, "rng-seed", seed + 8, sizeof(seed) - 8);
	}
	end(tree);
}

static void put_memory(struct tree *tree, const struct vm *vm)
{
	begin_at(tree, "memory", vm->memory.base);
	put_string(tree, "device_type", "memory");
	PUT_CELLS(tree, "reg", CELLS64(vm->memory.base), CELLS64(vm->memory.size));
	end(tree);
}

/* One cluster for each value of the upper affinity fields. */
static void put_cpu_map(struct tree *tree, const struct vm *vm)
{
	unsigned int cluster = 0, core = 0;
	char name[16];

	begin(tree, "cpu-map");
	begin(tree, "socket0");
	for (unsigned int i = 0; i < vm->vcpu_count; i++) {
		if (!i || vm->vcpus[i].mpidr >> 8 != vm->vcpus[i - 1].mpidr >> 8) {
			if (i)
				end(tree);
			snprintf(name, sizeof(name), "cluster%u", cluster++);
			begin(tree, name);
			core = 0;
		}
		snprintf(name, sizeof(name), "core%u", core++);
		begin(tree, name);
		PUT_CELLS(tree, "cpu", tree->first_cpu + i);
		end(tree);
	}
	end(tree);
	end(tree);
	end(tree);
}

static void put_cpus(struct tree *tree, const struct vm *vm)
{
	/* Aff3 and Aff2 to Aff0. */
	const uint64_t affinity = 0xff00ffffff;

	begin(tree, "cpus");
	PUT_CELLS(tree, "#address-cells", 2);
	PUT_CELLS(tree, "#size-cells", 0);
	for (unsigned int i = 0; i < vm->vcpu_count; i++) {
		uint64_t mpidr = vm->vcpus[i].mpidr & affinity;

		begin_at(tree, "cpu", mpidr);
		put_string(tree, "device_type", "cpu");
		put_string(tree, "compatible", "arm,armv8");
		put_string(tree, "enable-method", "psci");
		PUT_CELLS(tree, "reg", CELLS64(mpidr));
		PUT_CELLS(tree, "phandle", tree->first_cpu + i);
		end(tree);
	}
	put_cpu_map(tree, vm);
	end(tree);
}

static void put_psci(struct tree *tree)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	begin(tree, "psci");
	put_bytes(tree, "compatible", compatible, sizeof(compatible));
	put_string(tree, "method", "hvc");
	end(tree);
}

static void put_timer(struct tree *tree)
{
	begin(tree, "timer");
	put_string(tree, "compatible", "arm,armv8-timer");
	PUT_CELLS(tree, "interrupts", GIC_PPI, PPI_TIMER_SECURE, IRQ_LEVEL,
		  GIC_PPI, PPI_TIMER_PHYSICAL, IRQ_LEVEL,
		  GIC_PPI, PPI_TIMER_VIRTUAL, IRQ_LEVEL,
		  GIC_PPI, PPI_TIMER_HYP, IRQ_LEVEL);
	put_flag(tree, "always-on");
	end(tree);
}

static void put_pmu(struct tree *tree, const struct vm *vm)
{
	if (!features_pmu(vm))
		return;
	begin(tree, "pmu");
	put_string(tree, "compatible", "arm,armv8-pmuv3");
	PUT_CELLS(tree, "interrupts", GIC_PPI, LAYOUT_PPI_PMU, IRQ_LEVEL);
	end(tree);
}

static void put_gic(struct tree *tree, const struct vm *vm)
{
	begin_at(tree, "interrupt-controller", LAYOUT_GICD_BASE);
	put_string(tree, "compatible", "arm,gic-v3");
	put_flag(tree, "interrupt-controller");
	PUT_CELLS(tree, "#interrupt-cells", 3);
	PUT_CELLS(tree, "reg", CELLS64(LAYOUT_GICD_BASE), CELLS64(LAYOUT_GICD_SIZE),
		  CELLS64(LAYOUT_GICR_BASE), CELLS64(LAYOUT_GICR_STRIDE * vm->vcpu_count));
	PUT_CELLS(tree, "phandle", tree->gic);
	end(tree);
}

static void put_clock(struct tree *tree)
{
	begin(tree, "apb-pclk");
	put_string(tree, "compatible", "fixed-clock");
	PUT_CELLS(tree, "#clock-cells", 0);
	PUT_CELLS(tree, "clock-frequency", APB_CLOCK_HZ);
	put_string(tree, "clock-output-names", "clk24mhz");
	PUT_CELLS(tree, "phandle", tree->clock);
	end(tree);
}

/*
 * What the PrimeCells have in common; a node that its caller ends. Without clocks: the
 * serial line has two.
 */
static void begin_primecell(struct tree *tree, const char *name, const char *part,
			    uint64_t base, uint64_t size, uint32_t spi)
{
	static const char primecell[] = "arm,primecell";
	char compatible[32];
	size_t length = strlen(part) + 1;

	memcpy(compatible, part, length);
	memcpy(compatible + length, primecell, sizeof(primecell));
	begin_at(tree, name, base);
	put_bytes(tree, "compatible", compatible, length + sizeof(primecell));
	PUT_CELLS(tree, "reg", CELLS64(base), CELLS64(size));
	PUT_CELLS(tree, "interrupts", GIC_SPI, spi, IRQ_LEVEL);
}

static void put_bus_clock(struct tree *tree)
{
	PUT_CELLS(tree, "clocks", tree->clock);
	put_string(tree, "clock-names", "apb_pclk");
}

static void put_serial(struct tree *tree)
{
	static const char clocks[] = "uartclk\0apb_pclk";

	begin_primecell(tree, "serial", "arm,pl011", LAYOUT_SERIAL_BASE, LAYOUT_SERIAL_SIZE,
			LAYOUT_SPI_SERIAL);
	PUT_CELLS(tree, "clocks", tree->clock, tree->clock);
	put_bytes(tree, "clock-names", clocks, sizeof(clocks));
	end(tree);
}

static void put_rtc(struct tree *tree)
{
	begin_primecell(tree, "rtc", "arm,pl031", LAYOUT_RTC_BASE, LAYOUT_RTC_SIZE,
			LAYOUT_SPI_RTC);
	put_bus_clock(tree);
	end(tree);
}

static void put_gpio(struct tree *tree)
{
	begin_primecell(tree, "gpio", "arm,pl061", LAYOUT_GPIO_BASE, LAYOUT_GPIO_SIZE,
			LAYOUT_SPI_GPIO);
	put_bus_clock(tree);
	put_flag(tree, "gpio-controller");
	PUT_CELLS(tree, "#gpio-cells", 2);
	put_flag(tree, "interrupt-controller");
	PUT_CELLS(tree, "#interrupt-cells", 2);
	PUT_CELLS(tree, "phandle", tree->gpio);
	end(tree);
}

/* Documentation/devicetree/bindings/input/gpio-keys.yaml; the line is active high. */
static void put_power_key(struct tree *tree)
{
	begin(tree, "gpio-keys");
	put_string(tree, "compatible", "gpio-keys");
	begin(tree, "key-power");
	put_string(tree, "label", "Power");
	PUT_CELLS(tree, "linux,code", KEY_POWER);
	PUT_CELLS(tree, "gpios", tree->gpio, GPIO_POWER_KEY, 0);
	end(tree);
	end(tree);
}

static void put_virtio(struct tree *tree, unsigned int index)
{
	uint64_t base = LAYOUT_VIRTIO_BASE + index * LAYOUT_VIRTIO_STRIDE;

	begin_at(tree, "virtio_mmio", base);
	put_string(tree, "compatible", "virtio,mmio");
	PUT_CELLS(tree, "reg", CELLS64(base), CELLS64(LAYOUT_VIRTIO_SIZE));
	PUT_CELLS(tree, "interrupts", GIC_SPI, LAYOUT_SPI_VIRTIO + index, IRQ_EDGE);
	put_flag(tree, "dma-coherent");
	end(tree);
}

static void put_machine(struct tree *tree, const struct vm *vm, const struct loaded *loaded)
{
	begin(tree, "");
	put_string(tree, "compatible", "linux,dummy-virt");
	put_string(tree, "model", "peng");
	PUT_CELLS(tree, "#address-cells", 2);
	PUT_CELLS(tree, "#size-cells", 2);
	PUT_CELLS(tree, "interrupt-parent", tree->gic);
	put_chosen(tree, vm, loaded);
	put_memory(tree, vm);
	put_cpus(tree, vm);
	put_psci(tree);
	put_timer(tree);
	put_pmu(tree, vm);
	put_gic(tree, vm);
	put_clock(tree);
	put_serial(tree);
	put_rtc(tree);
	put_gpio(tree);
	put_power_key(tree);
	for (unsigned int i = 0; i < vm->virtio_count; i++)
		put_virtio(tree, i);
	end(tree);
}

int fdt_build(const struct vm *vm, const struct loaded *loaded)
{
	struct tree tree = {
		.blob = memory_at(&vm->memory, loaded->dtb, LOADER_DTB_SIZE),
		.gic = 1,
		.clock = 2,
		.gpio = 3,
		.first_cpu = 4,
	};

	tree.error = fdt_create(tree.blob, LOADER_DTB_SIZE);
	if (!tree.error)
		tree.error = fdt_finish_reservemap(tree.blob);
	put_machine(&tree, vm, loaded);
	if (!tree.error)
		tree.error = fdt_finish(tree.blob);
	if (tree.error) {
		report("cannot write the device tree: %s", fdt_strerror(tree.error));
		return -EINVAL;
	}
	return 0;
}
