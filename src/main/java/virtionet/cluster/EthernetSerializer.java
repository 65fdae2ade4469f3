package virtionet.cluster;

import akka.actor.ExtendedActorSystem;
import akka.actor.typed.ActorRefResolver;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Adapter;
import akka.serialization.SerializerWithStringManifest;
import akka.stream.StreamRefResolver;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.util.Objects;
import java.util.Optional;
import virtionet.Ethernet;
import virtionet.Ethernet.ConnectRemotely;
import virtionet.Ethernet.ConnectedRemotely;
import virtionet.Ethernet.Refused;
import virtionet.net.MacAddress;
import virtionet.stream.FrameParcel;

/**
 * Writes and reads what nodes say to each other; {@code reference.conf} has Akka find it. Any
 * thread.
 *
 * <p>A message's manifest is its kind and the version of the protocol, as {@code parcel/1}. Two
 * things hold for all versions, so that nodes of two of them can at least say so: a {@code connect}
 * begins with whom to answer, and {@code refused/0} is one string.
 */
public final class EthernetSerializer extends SerializerWithStringManifest {
  /** Among all serializers of a cluster: "VION". */
  private static final int IDENTIFIER = 0x56494f4e;

  private static final String CONNECT = "connect/";
  private static final String CONNECTED = "connected/" + Ethernet.PROTOCOL;
  private static final String REFUSED = "refused/0";
  private static final String PARCEL = "parcel/" + Ethernet.PROTOCOL;

  private static final int LONGEST_REASON = 0xffff / 3;

  private final ExtendedActorSystem system;

  /** As Akka makes it. */
  public EthernetSerializer(ExtendedActorSystem system) {
    this.system = Objects.requireNonNull(system, "system");
  }

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object message) {
    return switch (message) {
      case ConnectRemotely connect -> CONNECT + connect.protocol();
      case ConnectedRemotely connected -> CONNECTED;
      case Refused refused -> REFUSED;
      case FrameParcel parcel -> PARCEL;
      default -> throw notOurs(message);
    };
  }

  @Override
  public byte[] toBinary(Object message) {
    return switch (message) {
      case ConnectRemotely connect -> written(to -> write(connect, to));
      case ConnectedRemotely connected -> written(to -> write(connected, to));
      case Refused refused -> written(to -> to.writeUTF(shortened(refused.reason())));
      case FrameParcel parcel -> ParcelFormat.write(parcel);
      default -> throw notOurs(message);
    };
  }

  /** What {@code writeUTF} can hold whatever the letters are. */
  private static String shortened(String text) {
    return text.substring(0, Math.min(text.length(), LONGEST_REASON));
  }

  private static IllegalArgumentException notOurs(Object message) {
    return new IllegalArgumentException(message.getClass() + " is not for other nodes");
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    try (var from = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (manifest.startsWith(CONNECT)) {
        return readConnect(Integer.parseInt(manifest.substring(CONNECT.length())), from);
      }
      return switch (manifest) {
        case CONNECTED -> readConnected(from);
        case REFUSED -> new Refused(from.readUTF());
        case PARCEL -> ParcelFormat.read(bytes);
        default ->
            throw new NotSerializableException(
                "\"%s\": this node speaks version %d of virtionet's protocol; have the same release on all nodes"
                    .formatted(manifest, Ethernet.PROTOCOL));
      };
    } catch (NotSerializableException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      var malformed =
          new NotSerializableException(
              "\"%s\" of %d bytes is not what it says: %s".formatted(manifest, bytes.length, e));
      malformed.initCause(e);
      throw malformed;
    }
  }

  private void write(ConnectRemotely connect, DataOutputStream to) throws IOException {
    to.writeUTF(actors().toSerializationFormat(connect.replyTo()));
    to.writeUTF(connect.device().orElse(""));
  }

  /** Of another version than ours no more than whom to tell so. */
  private ConnectRemotely readConnect(int protocol, DataInputStream from) throws IOException {
    String replyTo = from.readUTF();
    String device = protocol == Ethernet.PROTOCOL ? from.readUTF() : "";
    return new ConnectRemotely(
        Optional.of(device).filter(name -> !name.isEmpty()),
        protocol,
        actors().resolveActorRef(replyTo));
  }

  private void write(ConnectedRemotely connected, DataOutputStream to) throws IOException {
    to.writeUTF(connected.device());
    to.writeLong(connected.mac().bits());
    to.writeInt(connected.mtu());
    to.writeUTF(streams().toSerializationFormat(connected.received()));
    to.writeUTF(streams().toSerializationFormat(connected.toSend()));
  }

  private ConnectedRemotely readConnected(DataInputStream from) throws IOException {
    return new ConnectedRemotely(
        from.readUTF(),
        new MacAddress(from.readLong()),
        from.readInt(),
        streams().resolveSourceRef(from.readUTF()),
        streams().resolveSinkRef(from.readUTF()));
  }

  /** Found when they are needed: Akka makes this before it has them. */
  private ActorRefResolver actors() {
    return ActorRefResolver.get(typed());
  }

  private StreamRefResolver streams() {
    return StreamRefResolver.get(typed());
  }

  private ActorSystem<Void> typed() {
    return Adapter.toTyped(system);
  }

  @FunctionalInterface
  private interface Writing {
    void to(DataOutputStream out) throws IOException;
  }

  private static byte[] written(Writing writing) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      writing.to(out);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot be written: " + e.getMessage(), e);
    }
    return bytes.toByteArray();
  }
}
