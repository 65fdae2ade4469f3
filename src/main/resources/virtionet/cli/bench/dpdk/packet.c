/*
 * What a C program over AF_PACKET does, as a contender of `./virtionet bench`: sends frames back, takes or makes them,
 * one system call a frame, or one for up to 64. Never sleeps. Ends with its standard input.
 *
 * usage: packet INTERFACE plain|batch io|rx|tx SIZE
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define FRAME_BYTES 2048
#define SOCKET_BUFFER (4 << 20)

static unsigned char buffers[BATCH][FRAME_BYTES];
static struct iovec pieces[BATCH];
static struct mmsghdr messages[BATCH];

static void fail(const char *what) {
  fprintf(stderr, "packet: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void *end_with_input(void *unused) {
  char byte;
  while (read(0, &byte, 1) > 0)
    ;
  _exit(0);
  return unused;
}

static int open_socket(const char *interface) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  int room = SOCKET_BUFFER, on = 1;
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0)
    fail("socket");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) < 0)
    fail("socket buffers");
  if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) < 0)
    fail("PACKET_QDISC_BYPASS");
  address.sll_ifindex = if_nametoindex(interface);
  if (address.sll_ifindex == 0)
    fail(interface);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
    fail("bind");
  return fd;
}

/* How many came; 0 when there was none. */
static int receive(int fd, int batch) {
  int got;
  if (batch) {
    for (int i = 0; i < BATCH; i++)
      pieces[i].iov_len = FRAME_BYTES;
    got = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
  } else {
    got = recv(fd, buffers[0], FRAME_BYTES, MSG_DONTWAIT);
    messages[0].msg_len = got;
    got = got < 0 ? got : 1;
  }
  if (got < 0 && errno != EAGAIN && errno != EINTR && errno != ENETDOWN)
    fail("receive");
  return got < 0 ? 0 : got;
}

static int must_wait(void) { return errno == EAGAIN || errno == ENOBUFS || errno == EINTR; }

static void send_all(int fd, int batch, int count) {
  if (!batch) {
    while (send(fd, buffers[0], messages[0].msg_len, MSG_DONTWAIT) < 0)
      if (!must_wait())
        fail("send");
    return;
  }
  for (int i = 0; i < count; i++)
    pieces[i].iov_len = messages[i].msg_len;
  for (int sent = 0; sent < count;) {
    int now = sendmmsg(fd, messages + sent, count - sent, MSG_DONTWAIT);
    if (now < 0 && !must_wait())
      fail("sendmmsg");
    sent += now < 0 ? 0 : now;
  }
}

int main(int argc, char **argv) {
  static const unsigned char head[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5};
  pthread_t thread;
  if (argc != 5) {
    fprintf(stderr, "usage: packet INTERFACE plain|batch io|rx|tx SIZE\n");
    return 2;
  }
  int batch = !strcmp(argv[2], "batch"), size = atoi(argv[4]);
  int fd = open_socket(argv[1]);
  for (int i = 0; i < BATCH; i++) {
    pieces[i] = (struct iovec){.iov_base = buffers[i], .iov_len = FRAME_BYTES};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    messages[i].msg_len = size;
    memcpy(buffers[i], head, sizeof head);
  }
  if (pthread_create(&thread, NULL, end_with_input, NULL))
    fail("thread");
  puts("ready");
  fflush(stdout);
  for (;;) {
    if (!strcmp(argv[3], "tx")) {
      send_all(fd, batch, batch ? BATCH : 1);
      continue;
    }
    int count = receive(fd, batch);
    if (count > 0 && !strcmp(argv[3], "io"))
      send_all(fd, batch, count);
  }
}
