# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# For tests that give PCI devices of the host away (lab/host --passthrough): finding
# them, and moving them between the host's drivers and VFIO. Sourced.

pci=/sys/bus/pci

# of_class CLASS: the first PCI device of a class, as in 0x010802
of_class()
{
	for device in "$pci"/devices/*; do
		[ "$(cat "$device/class")" != "$1" ] || { basename "$device"; return; }
	done
}

# of_mac MAC: network interface with that address
of_mac()
{
	for interface in /sys/class/net/*; do
		[ "$(cat "$interface/address")" != "$1" ] || { basename "$interface"; return; }
	done
}

# driver DEVICE: its driver, if there is one
driver()
{
	[ ! -e "$pci/devices/$1/driver" ] ||
		basename "$(readlink -f "$pci/devices/$1/driver")"
}

unbind()
{
	[ ! -e "$pci/devices/$1/driver" ] || echo "$1" >"$pci/devices/$1/driver/unbind"
}

# to_vfio DEVICE: its driver is VFIO's from now on
to_vfio()
{
	echo vfio-pci >"$pci/devices/$1/driver_override"
	unbind "$1"
	echo "$1" >"$pci/drivers_probe"
	[ "$(driver "$1")" = vfio-pci ]
}

# to_host DEVICE: its driver is the host's own again
to_host()
{
	unbind "$1"
	echo >"$pci/devices/$1/driver_override"
	echo "$1" >"$pci/drivers_probe"
	[ "$(driver "$1")" != vfio-pci ]
}
