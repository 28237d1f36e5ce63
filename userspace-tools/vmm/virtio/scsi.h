/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio SCSI controller: disks come and go while the guest runs.
 */
#ifndef PENG_VMM_VIRTIO_SCSI_H
#define PENG_VMM_VIRTIO_SCSI_H

#include "virtio.h"

/**
 * scsi_create() - the controller, with the disks that are attached by the options
 * Return: the device, or NULL after a report().
 */
struct virtio_dev *scsi_create(struct vm *vm);

/** scsi_attach() - put a disk at a place that has none. Return: 0 or -errno after a report(). */
int scsi_attach(struct virtio_dev *dev, const struct options_disk *disk, unsigned int target);

/** scsi_detach() - take the disk away from a place that has one. */
void scsi_detach(struct virtio_dev *dev, unsigned int target);

/** scsi_resize() - make one larger and tell the guest. Return: 0 or -errno after a report(). */
int scsi_resize(struct virtio_dev *dev, const struct options_disk *disk, unsigned int target,
		uint64_t bytes);

#endif
