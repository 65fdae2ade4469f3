package virtionet.machine.vhost;

/**
 * The messages of the vhost-user protocol that a front-end sends (vhost-user, "Front-end message
 * types").
 */
enum Request {
  GET_FEATURES(1),
  SET_FEATURES(2),
  SET_OWNER(3),
  SET_MEM_TABLE(5),
  SET_VRING_NUM(8),
  SET_VRING_ADDR(9),
  SET_VRING_BASE(10),
  GET_VRING_BASE(11),
  SET_VRING_KICK(12),
  SET_VRING_CALL(13),
  GET_PROTOCOL_FEATURES(15),
  SET_PROTOCOL_FEATURES(16),
  GET_QUEUE_NUM(17),
  SET_VRING_ENABLE(18),
  GET_CONFIG(24),
  SET_STATUS(39),
  GET_STATUS(40);

  private final int code;

  Request(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
