# Runs in the guest, with traffic on the wire all the time: the JVM is killed in it, or crashes, and is started again.
. ./claims.sh

interrupts() {
  awk '/uio|virtio_mmio@a003e00/ { sum += $2 + $3 } END { print sum + 0 }' /proc/interrupts
}

busy() {
  [ "$(interrupts)" -gt $((before + 200)) ]
}

# end_in_traffic SIGNAL: the JVM is sent it while frames come and go.
end_in_traffic() {
  virtionet attach eth0 reflect >/tmp/reflect 2>&1 &
  await grep -q 'reflecting on' /tmp/reflect && before=$(interrupts) && await busy
  code=$?
  kill "-$1" "$(pidof java)"
  wait
  return $code
}

no_eth0() {
  ! ip link show eth0
}

claim 'the JVM is killed in mid-traffic' end_in_traffic KILL
claim 'its memory is still nobody else'"'"'s' test -n "$(ls /dev/hugepages)"
claim 'it left a note' sh -c "ls /run/virtionet | grep -q -v lock"
claim 'the kernel does not have the device' no_eth0
claim 'the next start resets the device and carries traffic' \
  says '2000 frames reflected' virtionet attach eth0 reflect --count 2000
claim 'it said what it set right' grep -q 'ended without letting go' /tmp/said
claim 'no memory and no note are left' clean
claim 'the kernel has its interface back' ip link show eth0

claim 'the JVM crashes in mid-traffic' end_in_traffic SEGV
claim 'it said why' grep -q 'SIGSEGV.*sent by kill' /tmp/reflect
claim 'listing the devices sets it right, too' says 'given back to the kernel' virtionet attach
claim 'the kernel has its interface again' ip link show eth0
claim 'nothing is left' clean
