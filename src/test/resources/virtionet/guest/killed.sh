# Runs in the guest, with traffic on the wire all the time: the JVM is killed in it, and started again.
claim() {
  name=$1
  shift
  if "$@" >/tmp/log 2>&1; then
    echo "ok $name"
  else
    echo "not ok $name: code $?"
    sed 's/^/  /' /tmp/log
    sed 's/^/  reflect: /' /tmp/reflect
  fi
}

# await COMMAND...: until it succeeds, two minutes at the most.
await() {
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 1200 ] || return 1
    usleep 100000
  done
}

interrupts() {
  awk '/uio|virtio_mmio@a003e00/ { sum += $2 + $3 } END { print sum + 0 }' /proc/interrupts
}

busy() {
  [ "$(interrupts)" -gt $((before + 200)) ]
}

kill_in_traffic() {
  virtionet attach eth0 reflect >/tmp/reflect 2>&1 &
  await grep -q 'reflecting on' /tmp/reflect
  before=$(interrupts)
  await busy || return 1
  kill -9 "$(pidof java)"
  wait
}

clean() {
  [ -z "$(ls /dev/hugepages)" ] && ! ls /run/virtionet | grep -v '^lock$'
}

no_eth0() {
  ! ip link show eth0
}

claim 'the JVM is killed in mid-traffic' kill_in_traffic
claim 'its memory is still nobody else'"'"'s' test -n "$(ls /dev/hugepages)"
claim 'it left a note' sh -c "ls /run/virtionet | grep -q -v lock"
claim 'the kernel does not have the device' no_eth0
claim 'the next start resets the device and carries traffic' \
  sh -c 'virtionet attach eth0 reflect --count 2000 >/tmp/reflect 2>&1 && grep -q "2000 frames reflected" /tmp/reflect'
claim 'it said what it set right' grep -q 'ended without letting go' /tmp/reflect
claim 'no memory and no note are left' clean
claim 'the kernel has its interface back' ip link show eth0

claim 'the JVM is killed once more' kill_in_traffic
claim 'listing the devices sets it right, too' sh -c 'virtionet attach | grep -q "given back to the kernel"'
claim 'the kernel has its interface again' ip link show eth0
claim 'nothing is left' clean
