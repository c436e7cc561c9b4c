/*
 * Makes connections for conntrack, each with one UDP datagram over loopback to an address of its own in 127.0.0.0/8, port 9, where a
 * socket lets them pile up unread: no answer, no ICMP error, nothing but new connections.
 *
 *   conntrack-burst make COUNT RATE   RATE a second, 0 for as fast as it goes; says what was done as JSON
 *   conntrack-burst end COUNT RATE    deletes these connections again, by netlink, at such a rate
 *   conntrack-burst sink              takes datagrams on 127.0.0.1, says its port, and at SIGTERM how many there were
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PORT 9
#define OWN_PORT 10009
/* From 127.1.0.0: what else is in the namespace has addresses below. */
#define FIRST_ADDRESS 0x7f010000u
/* Datagrams between two looks at the clock. */
#define STEP 16

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static int bound_socket(in_addr_t address, int port, struct sockaddr_in *bound) {
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
  socklen_t length = sizeof own;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0) fail("bind");
  if (bound && getsockname(fd, (struct sockaddr *)bound, &length) < 0) fail("getsockname");
  return fd;
}

static void wait_until(double when) {
  struct timespec at = {.tv_sec = (time_t)when, .tv_nsec = (long)((when - (time_t)when) * 1e9)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) continue;
}

static int report(unsigned count, unsigned errors, double start) {
  printf("{\"count\":%u,\"errors\":%u,\"seconds\":%.4f}\n", count, errors, seconds(CLOCK_MONOTONIC) - start);
  return 0;
}

static int make(unsigned count, double rate) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
  unsigned errors = 0;
  int least = 1;
  int pile = bound_socket(INADDR_ANY, PORT, NULL);
  int from = bound_socket(INADDR_LOOPBACK, OWN_PORT, NULL);
  setsockopt(pile, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
  double start = seconds(CLOCK_MONOTONIC);
  for (unsigned i = 0; i < count; i++) {
    if (rate > 0 && i % STEP == 0) wait_until(start + i / rate);
    to.sin_addr.s_addr = htonl(FIRST_ADDRESS + i);
    if (sendto(from, "", 1, 0, (struct sockaddr *)&to, sizeof to) != 1) errors++;
  }
  return report(count, errors, start);
}

/* Appends an attribute. What follows until `close_nested` is the payload of one without its own. */
static struct nlattr *put(struct nlmsghdr *message, unsigned type, const void *payload, unsigned length) {
  struct nlattr *attribute = (struct nlattr *)((char *)message + message->nlmsg_len);
  attribute->nla_type = type;
  attribute->nla_len = NLA_HDRLEN + length;
  if (length) memcpy(attribute + 1, payload, length);
  message->nlmsg_len += NLA_ALIGN(attribute->nla_len);
  return attribute;
}

static void close_nested(const struct nlmsghdr *message, struct nlattr *attribute) {
  attribute->nla_len = (char *)message + message->nlmsg_len - (char *)attribute;
}

static void put_tuple(struct nlmsghdr *message, unsigned address) {
  in_addr_t src = htonl(INADDR_LOOPBACK), dst = htonl(address);
  in_port_t src_port = htons(OWN_PORT), dst_port = htons(PORT);
  unsigned char protocol = IPPROTO_UDP;
  struct nlattr *tuple = put(message, CTA_TUPLE_ORIG | NLA_F_NESTED, NULL, 0);
  struct nlattr *part = put(message, CTA_TUPLE_IP | NLA_F_NESTED, NULL, 0);
  put(message, CTA_IP_V4_SRC, &src, sizeof src);
  put(message, CTA_IP_V4_DST, &dst, sizeof dst);
  close_nested(message, part);
  part = put(message, CTA_TUPLE_PROTO | NLA_F_NESTED, NULL, 0);
  put(message, CTA_PROTO_NUM, &protocol, sizeof protocol);
  put(message, CTA_PROTO_SRC_PORT, &src_port, sizeof src_port);
  put(message, CTA_PROTO_DST_PORT, &dst_port, sizeof dst_port);
  close_nested(message, part);
  close_nested(message, tuple);
}

static int end_all(unsigned count, double rate) {
  union {
    struct nlmsghdr header;
    char bytes[256];
  } message;
  char answer[512];
  unsigned errors = 0;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (fd < 0) fail("socket");
  double start = seconds(CLOCK_MONOTONIC);
  for (unsigned i = 0; i < count; i++) {
    if (rate > 0 && i % STEP == 0) wait_until(start + i / rate);
    memset(&message, 0, sizeof message);
    message.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg));
    message.header.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
    message.header.nlmsg_flags = NLM_F_REQUEST;
    ((struct nfgenmsg *)NLMSG_DATA(&message.header))->nfgen_family = AF_INET;
    put_tuple(&message.header, FIRST_ADDRESS + i);
    if (send(fd, &message, message.header.nlmsg_len, 0) < 0) fail("send");
    /* Without NLM_F_ACK there is an answer only when it failed, and it is there already. */
    if (recv(fd, answer, sizeof answer, MSG_DONTWAIT) > 0) errors++;
  }
  return report(count, errors, start);
}

static volatile sig_atomic_t ended;

static void stop(int signal) {
  (void)signal;
  ended = 1;
}

static int take(void) {
  static char datagram[65536];
  struct sockaddr_in own;
  unsigned long datagrams = 0, bytes = 0;
  int fd = bound_socket(INADDR_LOOPBACK, 0, &own);
  /* A signal between the look at `ended` and recv() is seen when recv() gives up. */
  struct timeval patience = {.tv_usec = 200000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  signal(SIGTERM, stop);
  printf("%d\n", ntohs(own.sin_port));
  fflush(stdout);
  while (!ended) {
    ssize_t length = recv(fd, datagram, sizeof datagram, 0);
    if (length < 0) continue;
    datagrams++;
    bytes += length;
  }
  printf("{\"datagrams\":%lu,\"bytes\":%lu}\n", datagrams, bytes);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "make") == 0) return make(strtoul(argv[2], NULL, 10), strtod(argv[3], NULL));
  if (argc == 2 && strcmp(argv[1], "sink") == 0) return take();
  if (argc == 4 && strcmp(argv[1], "end") == 0) return end_all(strtoul(argv[2], NULL, 10), strtod(argv[3], NULL));
  fprintf(stderr, "conntrack-burst make COUNT RATE | end COUNT RATE | sink\n");
  return 2;
}
