// SPDX-License-Identifier: GPL-2.0-only
/*
 * `peng host`: what the module says of this host, and how many VMs there may be on it.
 */
#include "cmd.h"
#include "../lib/client.h"
#include "../lib/json.h"
#include "../lib/names.h"
#include "../vmm/util.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(CMD_MAX_LIMITS == (int)HOST_LIMITS, "an option for each");

/* By enum host_limit. */
static const char * const limit_names[HOST_LIMITS] = {
	[HOST_MAX_VMS] = "max_vms",
	[HOST_MAX_VCPUS] = "max_vcpus",
	[HOST_MAX_VMS_PER_USER] = "max_vms_per_user",
	[HOST_MAX_VCPUS_PER_USER] = "max_vcpus_per_user",
};

static bool read_limit(const char *text, uint32_t *most)
{
	unsigned long long value;
	char *end;

	*most = 0;
	if (!strcmp(text, "none"))
		return true;
	errno = 0;
	value = strtoull(text, &end, 10);
	*most = (uint32_t)value;
	return *text >= '0' && *text <= '9' && !*end && !errno && value <= UINT32_MAX;
}

/* The bits of those that are given go into @set. */
static enum status read_limits(const struct words *words, uint32_t *max, unsigned int *set)
{
	*set = 0;
	for (int i = 0; i < HOST_LIMITS; i++) {
		if (!words->max[i])
			continue;
		if (!read_limit(words->max[i], &max[i])) {
			report("'%s' is no number of VMs or vCPUs, nor none", words->max[i]);
			return STATUS_USAGE;
		}
		*set |= 1U << i;
	}
	return STATUS_OK;
}

static json_t *json_of_features(uint32_t features)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < 32; i++)
		if (features >> i & 1)
			json_array_append_new(array, json_string(name_of_feature(i)));
	return array;
}

static void print_json(const struct host_info *host)
{
	json_t *object = json_pack("{s:s, s:s, s:I, s:I, s:I, s:s, s:o, s:I, s:I}",
				   "version", host->version,
				   "mode", name_of_mode(host->mode),
				   "vmid_bits", (json_int_t)host->vmid_bits,
				   "ipa_bits", (json_int_t)host->ipa_bits,
				   "list_registers", (json_int_t)host->list_registers,
				   "lines", name_of_lines(host->lines),
				   "features", json_of_features(host->features),
				   "vms", (json_int_t)host->vms,
				   "vcpus", (json_int_t)host->vcpus);

	for (int i = 0; i < HOST_LIMITS; i++)
		json_object_set_new(object, limit_names[i],
				    host->max[i] ? json_integer(host->max[i]) : json_null());
	json_print(json_pack("{s:o}", "host", object));
}

static void print_count(const char *what, uint32_t count, uint32_t most, uint32_t of_user)
{
	printf("%-15s %" PRIu32, what, count);
	if (most)
		printf(" of at most %" PRIu32, most);
	if (of_user)
		printf(", each user at most %" PRIu32, of_user);
	printf("\n");
}

static void print_host(const struct host_info *host)
{
	printf("version         %s\n", host->version);
	printf("mode            %s\n", name_of_mode(host->mode));
	printf("vmids           %" PRIu32 " bits\n", host->vmid_bits);
	printf("addresses       %" PRIu32 " bits\n", host->ipa_bits);
	printf("list registers  %" PRIu32 "\n", host->list_registers);
	printf("lines           %s\n", name_of_lines(host->lines));
	printf("features       ");
	for (unsigned int i = 0; i < 32; i++)
		if (host->features >> i & 1)
			printf(" %s", name_of_feature(i));
	printf("%s\n", host->features ? "" : " none");
	print_count("vms", host->vms, host->max[HOST_MAX_VMS], host->max[HOST_MAX_VMS_PER_USER]);
	print_count("vcpus", host->vcpus, host->max[HOST_MAX_VCPUS],
		    host->max[HOST_MAX_VCPUS_PER_USER]);
}

static enum status show(struct client *client, bool json)
{
	struct host_info host;
	enum status status = client_get_host(client, &host);

	if (status == STATUS_OK && json)
		print_json(&host);
	else if (status == STATUS_OK)
		print_host(&host);
	return status;
}

int cmd_host(const struct words *words)
{
	struct client *client = NULL;
	uint32_t max[HOST_LIMITS];
	unsigned int set;
	enum status status = read_limits(words, max, &set);

	if (status == STATUS_OK)
		status = client_open(&client);
	if (status == STATUS_OK)
		status = set ? client_set_host_limits(client, max, set) : show(client, words->json);
	client_close(client);
	return status;
}
