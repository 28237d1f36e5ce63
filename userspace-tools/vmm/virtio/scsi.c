// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio SCSI controller (virtio 1.2, 5.6). Each place (target) has one disk or none,
 * as logical unit 0. The controller's thread carries out a command at a time, so
 * there is never one to abort: what disks are made for is blk.c, this one is for
 * those that come while the guest runs.
 */
#include "scsi.h"
#include "blk_file.h"
#include "scsi_disk.h"
#include "../options.h"
#include "../util.h"
#include "../vm.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_scsi.h>
#include <stdlib.h>
#include <string.h>

enum { SCSI_CONTROL, SCSI_EVENTS, SCSI_COMMANDS, SCSI_QUEUES };

/* Header and response take a segment each. */
#define SCSI_MAX_DATA_SEGMENTS (VIRTQ_MAX_SEGMENTS - 2)
/* Additional sense code and its qualifier: the capacity has changed (SPC-3, annex D). */
#define CAPACITY_CHANGED (0x2a | 0x09 << 8)

/**
 * struct scsi - the controller
 * @dev: its virtio side; its lock protects the rest
 * @loop: its own loop and thread
 * @config: configuration space
 * @disks: by target; where @present says so
 * @present: which there are
 * @missed: an event found no buffer
 * @chain: the request in work
 */
struct scsi {
	struct virtio_dev dev;
	struct loop loop;
	struct virtio_scsi_config config;
	struct scsi_disk disks[OPTIONS_MAX_ATTACHED];
	bool present[OPTIONS_MAX_ATTACHED];
	bool missed;
	struct virtq_chain chain;
};

static struct scsi_disk *find_disk(struct scsi *scsi, const uint8_t *lun)
{
	/* 1, the target, and the unit in flat addressing: 5.6.6.1. */
	unsigned int target = lun[1], unit = (lun[2] & 0x3f) << 8 | lun[3];

	if (lun[0] != 1 || target >= ARRAY_SIZE(scsi->disks) || unit || !scsi->present[target])
		return NULL;
	return &scsi->disks[target];
}

/* Where the data of a request is, and what there is of it in its one direction. */
static void set_buffers(struct scsi_command *command, struct iovec *iov,
			const struct virtq_chain *chain)
{
	size_t out = chain->out_size - sizeof(struct virtio_scsi_cmd_req);
	size_t in = chain->in_size - sizeof(struct virtio_scsi_cmd_resp);
	size_t skip = out ? sizeof(struct virtio_scsi_cmd_req) :
			    sizeof(struct virtio_scsi_cmd_resp);

	command->iov = iov;
	command->iov_count = out ? chain->out_count : chain->in_count;
	command->room = out ?: in;
	memcpy(iov, chain->iov + (out ? 0 : chain->out_count), command->iov_count * sizeof(*iov));
	iov_slice(&command->iov, &command->iov_count, skip, command->room);
}

static void carry_out(struct scsi *scsi, const struct virtio_scsi_cmd_req *request,
		      struct virtio_scsi_cmd_resp *response)
{
	struct scsi_command command = { .cdb = request->cdb, .cdb_size = sizeof(request->cdb) };
	struct scsi_disk *disk = find_disk(scsi, request->lun);
	struct iovec iov[VIRTQ_MAX_SEGMENTS];

	if (!disk) {
		response->response = VIRTIO_SCSI_S_BAD_TARGET;
		return;
	}
	set_buffers(&command, iov, &scsi->chain);
	response->status = scsi_disk_do(disk, &command);
	response->resid = command.room - command.moved;
	if (response->status != SCSI_CHECK_CONDITION)
		return;
	response->sense_len = sizeof(command.sense);
	memcpy(response->sense, command.sense, sizeof(command.sense));
}

/* A command without room for its answer is wrong, and so is one of both directions. */
static bool handle_command(struct virtio_dev *dev, struct virtq_chain *chain)
{
	struct scsi *scsi = container_of(dev, struct scsi, dev);
	struct virtio_scsi_cmd_resp response = { .response = VIRTIO_SCSI_S_OK };
	struct virtio_scsi_cmd_req request;

	if (chain->in_size < sizeof(response) ||
	    virtq_chain_read(chain, 0, &request, sizeof(request)) != sizeof(request)) {
		dev->queues[SCSI_COMMANDS].broken = true;
		return false;
	}
	if (chain->out_size > sizeof(request) && chain->in_size > sizeof(response))
		response.response = VIRTIO_SCSI_S_FAILURE;
	else
		carry_out(scsi, &request, &response);
	virtq_chain_write(chain, 0, &response, sizeof(response));
	virtq_push(&dev->queues[SCSI_COMMANDS], chain->head, chain->in_size);
	return true;
}

/* Nothing is in work, so whatever is to be aborted is done. */
static bool handle_control(struct virtio_dev *dev, struct virtq_chain *chain)
{
	struct virtio_scsi_ctrl_an_resp query = { .response = VIRTIO_SCSI_S_OK };
	struct virtio_scsi_ctrl_tmf_resp task = { .response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED };
	uint32_t type = VIRTIO_SCSI_T_TMF;
	size_t written;

	virtq_chain_read(chain, 0, &type, sizeof(type));
	written = type == VIRTIO_SCSI_T_TMF ?
		  virtq_chain_write(chain, 0, &task, sizeof(task)) :
		  virtq_chain_write(chain, 0, &query, sizeof(query));
	virtq_push(&dev->queues[SCSI_CONTROL], chain->head, written);
	return true;
}

/* Lock held. Without a driver nobody need hear: it looks for disks when it comes. */
static void tell(struct scsi *scsi, uint32_t event, unsigned int target, uint32_t reason)
{
	struct virtio_scsi_event what = {
		.event = event | (scsi->missed ? VIRTIO_SCSI_T_EVENTS_MISSED : 0),
		.lun = { 1, target },
		.reason = reason,
	};
	struct virtq *queue = &scsi->dev.queues[SCSI_EVENTS];

	if (!virtio_live(&scsi->dev))
		return;
	scsi->missed = !virtq_pop(queue, &scsi->chain);
	if (scsi->missed)
		return;
	virtq_push(queue, scsi->chain.head,
		   virtq_chain_write(&scsi->chain, 0, &what, sizeof(what)));
	virtio_flush(&scsi->dev, SCSI_EVENTS);
}

static void scsi_notified(struct virtio_dev *dev, unsigned int index)
{
	struct scsi *scsi = container_of(dev, struct scsi, dev);

	if (index == SCSI_CONTROL)
		virtio_work(dev, index, &scsi->chain, handle_control);
	else if (index == SCSI_COMMANDS)
		virtio_work(dev, index, &scsi->chain, handle_command);
	else if (scsi->missed)
		tell(scsi, VIRTIO_SCSI_T_NO_EVENT, 0, 0);
}

static void scsi_reset(struct virtio_dev *dev)
{
	container_of(dev, struct scsi, dev)->missed = false;
}

static void close_disks(struct scsi *scsi)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(scsi->disks); i++)
		if (scsi->present[i])
			scsi_disk_close(&scsi->disks[i]);
}

static void scsi_destroy(struct virtio_dev *dev)
{
	struct scsi *scsi = container_of(dev, struct scsi, dev);

	loop_join(&scsi->loop);
	virtio_destroy(dev);
	close_disks(scsi);
	loop_destroy(&scsi->loop);
	free(scsi);
}

static const struct virtio_ops scsi_ops = {
	.id = VIRTIO_ID_SCSI,
	.queue_count = SCSI_QUEUES,
	.notified = scsi_notified,
	.reset = scsi_reset,
	.destroy = scsi_destroy,
};

int scsi_attach(struct virtio_dev *dev, const struct options_disk *disk, unsigned int target)
{
	struct scsi *scsi = container_of(dev, struct scsi, dev);
	int error = scsi_disk_open(&scsi->disks[target], disk);

	if (error)
		return error;
	pthread_mutex_lock(&dev->lock);
	scsi->present[target] = true;
	tell(scsi, VIRTIO_SCSI_T_TRANSPORT_RESET, target, VIRTIO_SCSI_EVT_RESET_RESCAN);
	pthread_mutex_unlock(&dev->lock);
	return 0;
}

void scsi_detach(struct virtio_dev *dev, unsigned int target)
{
	struct scsi *scsi = container_of(dev, struct scsi, dev);

	pthread_mutex_lock(&dev->lock);
	scsi->present[target] = false;
	tell(scsi, VIRTIO_SCSI_T_TRANSPORT_RESET, target, VIRTIO_SCSI_EVT_RESET_REMOVED);
	scsi_disk_close(&scsi->disks[target]);
	pthread_mutex_unlock(&dev->lock);
}

int scsi_resize(struct virtio_dev *dev, const struct options_disk *disk, unsigned int target,
		uint64_t bytes)
{
	struct scsi *scsi = container_of(dev, struct scsi, dev);
	struct scsi_disk *it = &scsi->disks[target];
	int error;

	pthread_mutex_lock(&dev->lock);
	error = blk_file_grow(it->file, disk, bytes, &it->sectors);
	if (!error)
		tell(scsi, VIRTIO_SCSI_T_PARAM_CHANGE, target, CAPACITY_CHANGED);
	pthread_mutex_unlock(&dev->lock);
	return error;
}

/* Those that were attached before the guest reset. */
static int open_disks(struct scsi *scsi, const struct options *options)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(scsi->disks); i++) {
		int error;

		if (!options->attached[i].path)
			continue;
		error = scsi_disk_open(&scsi->disks[i], &options->attached[i]);
		if (error)
			return error;
		scsi->present[i] = true;
	}
	return 0;
}

static int start_device(struct scsi *scsi, struct vm *vm)
{
	int error;

	scsi->config = (struct virtio_scsi_config){
		.num_queues = 1,
		.seg_max = SCSI_MAX_DATA_SEGMENTS,
		.max_sectors = 0xffff,
		.cmd_per_lun = VIRTQ_MAX_SIZE / 2,
		.event_info_size = sizeof(struct virtio_scsi_event),
		.sense_size = VIRTIO_SCSI_SENSE_SIZE,
		.cdb_size = VIRTIO_SCSI_CDB_SIZE,
		.max_target = OPTIONS_MAX_ATTACHED - 1,
	};
	scsi->dev.ops = &scsi_ops;
	scsi->dev.loop = &scsi->loop;
	scsi->dev.features = 1ULL << VIRTIO_SCSI_F_HOTPLUG | 1ULL << VIRTIO_SCSI_F_CHANGE;
	scsi->dev.config = &scsi->config;
	scsi->dev.config_size = sizeof(scsi->config);
	error = virtio_create(&scsi->dev, vm);
	if (error)
		return error;
	error = loop_start(&scsi->loop, "scsi", loop_run);
	if (error)
		virtio_destroy(&scsi->dev);
	return error;
}

struct virtio_dev *scsi_create(struct vm *vm)
{
	struct scsi *scsi = calloc(1, sizeof(*scsi));
	int error = scsi ? loop_init(&scsi->loop) : -ENOMEM;

	if (error)
		goto free_scsi;
	error = open_disks(scsi, vm->options);
	if (!error)
		error = start_device(scsi, vm);
	if (!error)
		return &scsi->dev;
	close_disks(scsi);
	loop_destroy(&scsi->loop);
free_scsi:
	report("cannot make the SCSI controller: %s", strerror(-error));
	free(scsi);
	return NULL;
}
