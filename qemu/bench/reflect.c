/*
 * Sends each frame that an interface receives back out of it, through the kernel's own driver and AF_PACKET: what
 * `virtionet reflect` is measured against. Two ways: one system call for each frame and direction ("plain"), and as
 * many frames with each as there are ("batch": recvmmsg, sendmmsg).
 *
 * Usage: reflect INTERFACE plain|batch IDLE-SECONDS; ends when nothing came for so long, and prints how many frames.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define FRAME_BYTES 2048
#define BATCH 64
/* As in Linux since 4.20; older headers lack it. */
#define IGNORE_OUTGOING 23

static char buffers[BATCH][FRAME_BYTES];
static struct iovec pieces[BATCH];
static struct mmsghdr messages[BATCH];

static void fail(const char *what) {
  fprintf(stderr, "reflect: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int open_socket(const char *interface) {
  int on = 1;
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0)
    fail("socket");
  /* Before the socket hears anything: else it would send its own frames again. */
  if (setsockopt(fd, SOL_PACKET, IGNORE_OUTGOING, &on, sizeof on) < 0)
    fail("PACKET_IGNORE_OUTGOING");
  address.sll_ifindex = if_nametoindex(interface);
  if (address.sll_ifindex == 0)
    fail(interface);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
    fail("bind");
  return fd;
}

static int receive(int fd, int batch) {
  ssize_t got;
  if (batch) {
    for (int i = 0; i < BATCH; i++)
      pieces[i].iov_len = FRAME_BYTES;
    return recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
  }
  got = recv(fd, buffers[0], FRAME_BYTES, MSG_DONTWAIT);
  if (got < 0)
    return -1;
  messages[0].msg_len = got;
  return 1;
}

static void send_back(int fd, int batch, int count) {
  if (!batch) {
    if (send(fd, buffers[0], messages[0].msg_len, 0) < 0)
      fail("send");
    return;
  }
  for (int i = 0; i < count; i++)
    pieces[i].iov_len = messages[i].msg_len;
  for (int sent = 0; sent < count;) {
    int now = sendmmsg(fd, messages + sent, count - sent, 0);
    if (now < 0)
      fail("sendmmsg");
    sent += now;
  }
}

int main(int argc, char **argv) {
  unsigned long frames = 0;
  if (argc != 4 || (strcmp(argv[2], "plain") && strcmp(argv[2], "batch"))) {
    fprintf(stderr, "usage: reflect INTERFACE plain|batch IDLE-SECONDS\n");
    return 2;
  }
  int batch = !strcmp(argv[2], "batch");
  int idle = atoi(argv[3]) * 1000;
  int fd = open_socket(argv[1]);
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  for (int i = 0; i < BATCH; i++) {
    pieces[i] = (struct iovec){.iov_base = buffers[i], .iov_len = FRAME_BYTES};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
  }
  for (;;) {
    int count = receive(fd, batch);
    if (count > 0) {
      send_back(fd, batch, count);
      frames += count;
    } else if (errno != EAGAIN && errno != EINTR) {
      fail("receive");
    } else if (poll(&wait, 1, idle) == 0) {
      printf("%lu frames reflected\n", frames);
      return 0;
    }
  }
}
