using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Grpc;

namespace DaprShop.Tests.Grpc;

/// <param name="Metadata">As on the wire.</param>
internal sealed record GrpcAppCall(string Path, IReadOnlyDictionary<string, string> Metadata, IMessage Message)
{
    public T As<T>()
        where T : IMessage => (T)Message;
}

/// <summary>
/// An app that serves gRPC and records what it is asked. It has the methods that the test gives it; all others are
/// Unimplemented, as in every gRPC server.
/// </summary>
internal sealed class FakeGrpcApp : IAsyncDisposable
{
    private const string Callback = "/dapr.proto.runtime.v1.AppCallback/";

    private readonly ConcurrentQueue<GrpcAppCall> _calls = new();
    private readonly List<GrpcMethod> _methods = [];
    private WebApplication? _server;

    public IReadOnlyList<GrpcAppCall> Calls => [.. _calls];

    public int Port { get; private set; }

    /// <summary>Serves a method of AppCallback, or of any service when the name is a path.</summary>
    public FakeGrpcApp On<TRequest, TReply>(string method, MessageParser<TRequest> requests, Func<TRequest, TReply> answer)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> => On(method, requests, (request, _) => Task.FromResult(answer(request)));

    public FakeGrpcApp On<TRequest, TReply>(string method, MessageParser<TRequest> requests, Func<TRequest, GrpcCall, Task<TReply>> answer)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply>
    {
        var path = PathOf(method);
        _methods.Add(GrpcMethod.Unary(path, requests, (request, call) =>
        {
            Record(path, call, request);
            return answer(request, call);
        }));
        return this;
    }

    /// <summary>Serves a method of any shape.</summary>
    public FakeGrpcApp OnStream(string path, GrpcHandler handler)
    {
        _methods.Add(new GrpcMethod(path, handler));
        return this;
    }

    public void Record(string path, GrpcCall call, IMessage message) => _calls.Enqueue(new GrpcAppCall(
        path, call.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), message));

    public IEnumerable<GrpcAppCall> CallsOf(string method) => _calls.Where(call => call.Path == PathOf(method));

    public async Task<FakeGrpcApp> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        var server = new GrpcServer([.. _methods], null, 16 << 20, TimeProvider.System, new Logger<GrpcServer>(NullLoggerFactory.Instance));
        app.Run(server.ServeAsync);
        await app.StartAsync();
        (_server, Port) = (app, GrpcTestServer.AddressOf(app).Port);
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private static string PathOf(string method) => method.StartsWith('/') ? method : Callback + method;
}
