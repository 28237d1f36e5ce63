// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that console output arrives whole and in order however slowly it is
 * read, and that nobody stays blocked by a reader who does not read at all
 * once the machine is ending.
 */
#include "test.h"
#include "../vmm/output.h"
#include "../vmm/thread.h"
#include "../vmm/util.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#define TOTAL 400000

static struct output output;

static uint8_t byte_at(size_t index)
{
	return index * 31 + (index >> 8);
}

static void put_all(void *unused)
{
	uint8_t data[600];
	size_t done = 0;

	(void)unused;
	while (done < TOTAL) {
		size_t size = min_size(1 + test_below(sizeof(data)), TOTAL - done);

		for (size_t i = 0; i < size; i++)
			data[i] = byte_at(done + i);
		output_put(&output, data, size, true);
		done += size;
	}
}

static void arrives_whole_and_in_order(void)
{
	uint8_t data[7777];
	size_t done = 0;
	pthread_t writer;
	ssize_t size;
	int fds[2];

	CHECK(!pipe(fds));
	CHECK(!output_create(&output, fds[1], false));
	CHECK(!thread_create(&writer, "writer", put_all, "", 0));
	while (done < TOTAL) {
		size = read(fds[0], data, sizeof(data));
		CHECK(size > 0);
		for (ssize_t i = 0; i < size; i++)
			CHECK(data[i] == byte_at(done + i));
		done += size;
		usleep(100);
	}
	CHECK(!pthread_join(writer, NULL));
	output_destroy(&output);
	close(fds[0]);
	close(fds[1]);
}

static void writes_the_rest_at_the_end(void)
{
	char data[16];
	int fds[2];

	CHECK(!pipe(fds));
	CHECK(!output_create(&output, fds[1], false));
	output_put(&output, (const uint8_t *)"last words", 10, true);
	output_destroy(&output);
	CHECK(read(fds[0], data, sizeof(data)) == 10);
	close(fds[0]);
	close(fds[1]);
}

static void lets_go_when_hurried(void)
{
	pthread_t writer;
	int fds[2];

	CHECK(!pipe(fds));
	CHECK(!output_create(&output, fds[1], false));
	CHECK(!thread_create(&writer, "writer", put_all, "", 0));
	/* Until the pipe and the buffer are full, and whoever puts has to wait. */
	usleep(200000);
	output_hurry(&output);
	CHECK(!pthread_join(writer, NULL));
	output_destroy(&output);
	close(fds[0]);
	close(fds[1]);
}

static void drops_where_nobody_may_read(void)
{
	int fds[2];

	CHECK(!pipe2(fds, O_NONBLOCK));
	CHECK(!output_create(&output, fds[1], true));
	put_all(NULL);
	output_destroy(&output);
	close(fds[0]);
	close(fds[1]);
}

static void outlives_its_reader(void)
{
	int fds[2];

	CHECK(!pipe(fds));
	CHECK(!output_create(&output, fds[1], false));
	close(fds[0]);
	put_all(NULL);
	output_destroy(&output);
	close(fds[1]);
}

int main(void)
{
	static const struct test_case cases[] = {
		{ "output arrives whole and in order", arrives_whole_and_in_order },
		{ "what is left is written at the end", writes_the_rest_at_the_end },
		{ "nobody stays blocked once the machine ends", lets_go_when_hurried },
		{ "a terminal that nobody reads blocks nobody", drops_where_nobody_may_read },
		{ "a reader that goes away blocks nobody", outlives_its_reader },
	};

	test_thread_setup();
	return test_main(cases, ARRAY_SIZE(cases));
}
