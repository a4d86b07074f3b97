using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.Grpc;

/// <summary>A gRPC server in this process whose frames, headers and trailers are written by hand, on a port of the system's choice.</summary>
internal sealed class GrpcServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<GrpcServerCall, Task>> _methods = new();
    private readonly WebApplication _app;

    private GrpcServer(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public Uri Address => new(_app.Urls.Single());

    public ConcurrentQueue<GrpcServerCall> Calls { get; } = new();

    public static async Task<GrpcServer> StartAsync(int port = 0)
    {
        var server = new GrpcServer(port);
        await server._app.StartAsync();
        return server;
    }

    public void On(string path, Func<GrpcServerCall, Task> handle) => _methods[path] = handle;

    /// <summary>Answers every call of a method with one message.</summary>
    public void OnUnary(string path, Func<GrpcServerCall, IMessage> reply) => On(path, async call =>
    {
        await call.WriteAsync(reply(call));
        call.End(0);
    });

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var request = new MemoryStream();
        await context.Request.Body.CopyToAsync(request);
        var call = new GrpcServerCall(context, request.ToArray());
        Calls.Enqueue(call);
        context.Response.ContentType = "application/grpc";
        if (_methods.TryGetValue(context.Request.Path.Value ?? string.Empty, out var handle))
        {
            await handle(call);
        }
        else
        {
            context.Response.Headers["grpc-status"] = "12";
        }
    }
}

internal sealed class GrpcServerCall(HttpContext context, byte[] body)
{
    public string Path { get; } = context.Request.Path.Value ?? string.Empty;

    /// <summary>The request's body as it came, frame header included.</summary>
    public byte[] Body { get; } = body;

    public Dictionary<string, string> Headers { get; } =
        context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);

    public HttpResponse Response => context.Response;

    public CancellationToken Aborted => context.RequestAborted;

    public T Read<T>(MessageParser<T> parser)
        where T : IMessage<T> => parser.ParseFrom(Body, 5, Body.Length - 5);

    public async Task WriteAsync(IMessage message)
    {
        var frame = new byte[5 + message.CalculateSize()];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)(frame.Length - 5));
        message.WriteTo(frame.AsSpan(5));
        await WriteRawAsync(frame);
    }

    public async Task WriteRawAsync(byte[] bytes)
    {
        await Response.Body.WriteAsync(bytes);
        await Response.Body.FlushAsync();
    }

    public void End(int status, string? message = null)
    {
        Response.AppendTrailer("grpc-status", status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (message is not null)
        {
            Response.AppendTrailer("grpc-message", message);
        }
    }

    public void Abort() => context.Abort();
}
