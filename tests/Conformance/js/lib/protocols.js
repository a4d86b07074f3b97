import { CommunicationProtocolEnum, DaprClient } from "@dapr/dapr";

const quiet = { level: "error" };

/** The protocols in which the official client speaks to the sidecar; every suite runs in each. */
export const protocols = [
  ["HTTP", CommunicationProtocolEnum.HTTP],
  ["gRPC", CommunicationProtocolEnum.GRPC],
];

export function connect(sidecar, protocol) {
  return new DaprClient({
    daprHost: "127.0.0.1",
    daprPort: protocol === CommunicationProtocolEnum.HTTP ? sidecar.httpPort : sidecar.grpcPort,
    communicationProtocol: protocol,
    logger: quiet,
  });
}
