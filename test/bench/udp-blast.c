/*
 * Sends prepared NetFlow v9 datagrams at a steady rate from several source addresses, as cheaply as possible: what is due goes
 * out every millisecond, in bursts of one exporter each. Test tooling only; udp-sender.ts compiles it and writes the pool that it
 * reads.
 *
 *   udp-blast POOL HOST PORT DATAGRAMS_PER_SECOND SECONDS EXPORTERS TEMPLATE_EVERY SEGMENT
 *
 * SEGMENT 1 hands a burst to the kernel as one buffer that is cut into datagrams late (UDP_SEGMENT, Linux 4.18), which takes a
 * fifth of the CPU; 0 sends each datagram by itself (sendmmsg), which loads the machine more than a network card would.
 *
 * POOL is, in the byte order of the host, nine u32: template octets, datagram octets, number of datagrams, records a datagram,
 * octets a record, offset of the first record, of FIRST_SWITCHED and LAST_SWITCHED in a record, reserved; then the Template
 * datagram and the data datagrams. At the end one line of JSON says what was sent.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { MAX_EXPORTERS = 250, MAX_BURST = 40, TICK_NS = 1000000 };

struct pool_header {
  uint32_t template_bytes, datagram_bytes, datagrams, records, record_bytes, first_record_at, first_at, last_at, reserved;
};

struct exporter {
  int socket;
  uint32_t sequence;
  uint32_t until_template;
  uint8_t *template;
};

static uint32_t get32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return ntohl(value);
}

static void put32(uint8_t *at, uint32_t value) {
  value = htonl(value);
  memcpy(at, &value, 4);
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int open_socket(uint32_t source, const struct sockaddr_in *to, int segment_bytes) {
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) fail("socket");
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
  if (bind(s, (struct sockaddr *)&from, sizeof from) < 0) fail("bind");
  if (connect(s, (const struct sockaddr *)to, sizeof *to) < 0) fail("connect");
  if (segment_bytes > 0 && setsockopt(s, SOL_UDP, UDP_SEGMENT, &segment_bytes, sizeof segment_bytes) < 0) fail("UDP_SEGMENT");
  return s;
}

/* The times of the flows move along with the sysUptime. */
static void move_times(const struct pool_header *pool, uint8_t *datagram, uint32_t uptime_ms) {
  uint32_t move_ms = uptime_ms - get32(datagram + 4);
  if (move_ms == 0) return;
  uint8_t *record = datagram + pool->first_record_at;
  for (uint32_t i = 0; i < pool->records; i++, record += pool->record_bytes) {
    put32(record + pool->first_at, get32(record + pool->first_at) + move_ms);
    put32(record + pool->last_at, get32(record + pool->last_at) + move_ms);
  }
}

static void stamp(uint8_t *datagram, uint32_t uptime_ms, uint32_t unix_seconds, uint32_t sequence, uint32_t domain) {
  put32(datagram + 4, uptime_ms);
  put32(datagram + 8, unix_seconds);
  put32(datagram + 12, sequence);
  put32(datagram + 16, domain);
}

/* ECONNREFUSED tells of an earlier datagram, the one at hand has not been sent yet; the others mean wait. */
static uint32_t count_error(uint32_t errors) {
  if (errno == EINTR || errno == EAGAIN || errno == ENOBUFS) return errors;
  if (errors > 1000) fail("send");
  return errors + 1;
}

static uint32_t send_each(int socket, struct mmsghdr *messages, struct iovec *parts, uint32_t count) {
  uint32_t errors = 0;
  for (uint32_t i = 0; i < count; i++) messages[i].msg_hdr = (struct msghdr){.msg_iov = parts + i, .msg_iovlen = 1};
  for (uint32_t done = 0; done < count;) {
    int n = sendmmsg(socket, messages + done, count - done, 0);
    if (n > 0) done += (uint32_t)n;
    else errors = count_error(errors);
  }
  return errors;
}

/* Runs of full datagrams go out in one call each; a Template, which is shorter, goes alone. */
static uint32_t send_segmented(int socket, struct iovec *parts, uint32_t count, uint32_t full_bytes) {
  uint32_t errors = 0;
  for (uint32_t from = 0, to = 0; from < count; from = to) {
    for (to = from + 1; to < count && parts[from].iov_len == full_bytes && parts[to].iov_len == full_bytes; to++) continue;
    struct msghdr message = {.msg_iov = parts + from, .msg_iovlen = to - from};
    while (sendmsg(socket, &message, 0) < 0) errors = count_error(errors);
  }
  return errors;
}

int main(int argc, char **argv) {
  if (argc != 9) {
    fprintf(stderr, "usage: udp-blast POOL HOST PORT DATAGRAMS_PER_SECOND SECONDS EXPORTERS TEMPLATE_EVERY SEGMENT\n");
    return 2;
  }
  FILE *file = fopen(argv[1], "rb");
  struct pool_header pool;
  if (!file || fread(&pool, sizeof pool, 1, file) != 1) fail("pool");
  uint8_t *template = malloc(pool.template_bytes);
  uint8_t *datagrams = malloc((size_t)pool.datagrams * pool.datagram_bytes);
  if (fread(template, pool.template_bytes, 1, file) != 1) fail("pool");
  if (fread(datagrams, pool.datagram_bytes, pool.datagrams, file) != pool.datagrams) fail("pool");
  fclose(file);

  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[3]))};
  if (inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) fail("host");
  double rate = atof(argv[4]), seconds = atof(argv[5]);
  uint32_t exporters = (uint32_t)atoi(argv[6]), template_every = (uint32_t)atoi(argv[7]);
  int segment = atoi(argv[8]);
  if (exporters < 1 || exporters > MAX_EXPORTERS || template_every < 2 || rate <= 0 || pool.datagrams < MAX_BURST) return 2;
  static struct exporter exporter[MAX_EXPORTERS];
  for (uint32_t e = 0; e < exporters; e++) {
    exporter[e].socket = open_socket(0x7f000002u + e, &to, segment ? (int)pool.datagram_bytes : 0);
    exporter[e].template = malloc(pool.template_bytes);
    memcpy(exporter[e].template, template, pool.template_bytes);
  }

  struct mmsghdr messages[MAX_BURST];
  struct iovec parts[MAX_BURST];
  memset(messages, 0, sizeof messages);

  const uint32_t base_uptime_ms = get32(datagrams + 4);
  const uint64_t start = now_ns(CLOCK_MONOTONIC), end = start + (uint64_t)(seconds * 1e9);
  uint64_t sent = 0, templates = 0, errors = 0, longest_burst = 0;
  uint32_t next = 0, turn = 0;
  for (uint64_t now = start, tick = start; now < end; now = now_ns(CLOCK_MONOTONIC)) {
    const uint32_t unix_seconds = (uint32_t)(now_ns(CLOCK_REALTIME) / 1000000000u);
    const uint32_t uptime_ms = base_uptime_ms + (uint32_t)((now - start) / 1000000u);
    uint64_t due = (uint64_t)((double)(now - start) * rate / 1e9) - sent;
    if (due > longest_burst) longest_burst = due;
    while (due > 0 && now_ns(CLOCK_MONOTONIC) < end) {
      struct exporter *from = &exporter[turn];
      uint32_t domain = turn;
      turn = (turn + 1) % exporters;
      uint32_t count = due < MAX_BURST ? (uint32_t)due : MAX_BURST;
      for (uint32_t i = 0; i < count; i++) {
        uint8_t *datagram;
        if (from->until_template == 0) {
          datagram = from->template;
          parts[i] = (struct iovec){datagram, pool.template_bytes};
          from->until_template = template_every;
          templates++;
        } else {
          datagram = datagrams + (size_t)next * pool.datagram_bytes;
          if (++next == pool.datagrams) next = 0;
          parts[i] = (struct iovec){datagram, pool.datagram_bytes};
          move_times(&pool, datagram, uptime_ms);
        }
        from->until_template--;
        stamp(datagram, uptime_ms, unix_seconds, from->sequence++, domain);
      }
      errors += segment ? send_segmented(from->socket, parts, count, pool.datagram_bytes)
                        : send_each(from->socket, messages, parts, count);
      sent += count;
      due -= count;
    }
    tick += TICK_NS;
    uint64_t after = now_ns(CLOCK_MONOTONIC);
    if (tick < after) tick = after;
    struct timespec until = {(time_t)(tick / 1000000000u), (long)(tick % 1000000000u)};
    if (tick > after) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
  }
  double took = (double)(now_ns(CLOCK_MONOTONIC) - start) / 1e9;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  printf("{\"datagrams\":%llu,\"templates\":%llu,\"records\":%llu,\"seconds\":%.3f,\"cpuSeconds\":%.3f,\"errors\":%llu,"
         "\"longestBurst\":%llu}\n",
         (unsigned long long)sent, (unsigned long long)templates, (unsigned long long)((sent - templates) * pool.records), took, cpu,
         (unsigned long long)errors, (unsigned long long)longest_burst);
  return 0;
}
