using System.Globalization;
using DaprShop.Tests.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.Rpc;

namespace DaprShop.Tests.Grpc;

/// <summary>A real sidecar and a client for Dapr's service on its gRPC port.</summary>
internal sealed class GrpcSidecar : IAsyncDisposable
{
    private const string Service = "/dapr.proto.runtime.v1.Dapr/";

    private GrpcSidecar(RunningSidecar running)
    {
        Running = running;
        Client = new RawGrpcClient(new Uri($"http://127.0.0.1:{running.Host.Options.GrpcPort}"));
    }

    public RunningSidecar Running { get; }

    public RawGrpcClient Client { get; }

    public static Task<GrpcSidecar> StartAsync(params string[] resources) => StartAsync(new SidecarSetup { Resources = resources });

    public static async Task<GrpcSidecar> StartAsync(SidecarSetup setup) => new(await RunningSidecar.StartAsync(setup));

    public static string PathOf(string method) => Service + method;

    public Task<RawReply> CallAsync(string method, IMessage request, params (string Name, string Value)[] metadata) =>
        Client.CallAsync(PathOf(method), request, default, metadata);

    /// <summary>Fails the test unless the call ends OK.</summary>
    public Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser)
        where T : IMessage<T> => Client.CallAsync(PathOf(method), request, parser);

    /// <summary>The end of a call as one text: number and message of the status, and its details where there are any.</summary>
    public async Task<string> EndAsync(string method, IMessage request, params (string Name, string Value)[] metadata)
    {
        var reply = await CallAsync(method, request, metadata);
        if (reply.Details is { } details)
        {
            Assert.Equal((reply.Status, Uri.UnescapeDataString(reply.Message)), (details.Code, details.Message));
        }

        return string.Join(
            " | ",
            [string.Create(CultureInfo.InvariantCulture, $"{reply.Status} {Uri.UnescapeDataString(reply.Message)}"), .. (reply.Details?.Details ?? []).Select(Text)]);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Running.DisposeAsync();
    }

    private static string Text(Any detail) => detail.TypeUrl switch
    {
        "type.googleapis.com/google.rpc.ErrorInfo" => Text(detail.Unpack<ErrorInfo>()),
        "type.googleapis.com/google.rpc.ResourceInfo" => Text(detail.Unpack<ResourceInfo>()),
        "type.googleapis.com/google.rpc.BadRequest" =>
            string.Join(' ', detail.Unpack<BadRequest>().FieldViolations.Select(violation => $"field {violation.Field}: {violation.Description}")),
        "type.googleapis.com/google.rpc.Help" => string.Join(' ', detail.Unpack<Help>().Links.Select(link => $"help {link.Url}: {link.Description}")),
        _ => detail.TypeUrl,
    };

    private static string Text(ErrorInfo info) =>
        string.Join(' ', [info.Reason, info.Domain, .. info.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")]);

    private static string Text(ResourceInfo resource) =>
        resource.Description.Length == 0
            ? $"{resource.ResourceType} '{resource.ResourceName}'"
            : $"{resource.ResourceType} '{resource.ResourceName}': {resource.Description}";
}
