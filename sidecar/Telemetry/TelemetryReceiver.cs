using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sidecar.Grpc;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace Sidecar.Telemetry;

/// <summary>
/// A collector for one run on one machine: takes OTLP over HTTP on the loopback address, and shows the traces on the same port as pages and as JSON.
/// </summary>
internal sealed class TelemetryReceiver : IAsyncDisposable
{
    /// <summary>OTLP's own, where a person would look first.</summary>
    public const int UsualPort = 4318;

    /// <summary>Of one export, before and after it is unpacked.</summary>
    internal const int MostBodyBytes = 8 << 20;

    internal const int MostListed = 200;

    private const string Protobuf = "application/x-protobuf";

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    private readonly TraceStore _store;
    private readonly WebApplication _server;

    private TelemetryReceiver(TraceStore store, int port)
    {
        _store = store;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "sidecar" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBodyBytes;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddRequestDecompression();

        // A page of the internet may point its own name at this machine; under that name there is nothing to read here.
        builder.Services.AddHostFiltering(filter => filter.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"]);
        _server = builder.Build();
        _server.UseHostFiltering();
        _server.UseRequestDecompression();
        _server.UseRouting();
        Map();
    }

    /// <summary>Where exporters send to, without a path.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>On <paramref name="port"/>, or on a free one when that is taken.</summary>
    public static async Task<TelemetryReceiver> StartAsync(TraceStore store, int port, CancellationToken cancellationToken)
    {
        try
        {
            return await ListenAsync(store, port, cancellationToken);
        }
        catch (IOException) when (port != 0)
        {
            return await ListenAsync(store, port: 0, cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static async Task<TelemetryReceiver> ListenAsync(TraceStore store, int port, CancellationToken cancellationToken)
    {
        var receiver = new TelemetryReceiver(store, port);
        try
        {
            await receiver._server.StartAsync(cancellationToken);
        }
        catch
        {
            await receiver.DisposeAsync();
            throw;
        }

        receiver.Address = new Uri(receiver._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return receiver;
    }

    private void Map()
    {
        // https://opentelemetry.io/docs/specs/otlp/#otlphttp: 200 with an empty message; 400 and a google.rpc.Status for what cannot be read.
        _server.MapPost("/v1/traces", context => TakeAsync(context, body => _store.Add(OtlpReader.Spans(body))));
        _server.MapPost("/v1/logs", context => TakeAsync(context, body => _store.Add(OtlpReader.Logs(body))));
        _server.MapPost("/v1/metrics", context => TakeAsync(context, body => _store.AddMetrics(OtlpReader.CountMetrics(body))));

        // GET /api/traces?all=true: the newest first, at most MostListed; without all only requests and workflows that cross services. GET /api/traces/{id}: 404 when it is unknown.
        _server.MapGet("/api/traces", context => context.Response.WriteAsJsonAsync(
            new TraceListing(_store.Latest(MostListed, All(context)), _store.Counts), Format, context.RequestAborted));
        _server.MapGet("/api/traces/{id}", context => Find(context) is { } view
            ? context.Response.WriteAsJsonAsync(view, Format, context.RequestAborted)
            : RefuseAsync(context, StatusCodes.Status404NotFound, $"{IdOf(context)} is no trace and no workflow instance that is known here"));

        // GET /?id=…: the search box. GET /traces/{id}: the page of one trace.
        _server.MapGet("/", context =>
        {
            var id = context.Request.Query["id"].ToString().Trim();
            if (id.Length > 0 && _store.Find(id) is not null)
            {
                context.Response.Redirect($"/traces/{Uri.EscapeDataString(id)}");
                return Task.CompletedTask;
            }

            return PageAsync(context, TracePages.List(_store.Latest(MostListed, All(context)), _store.Counts, All(context), id));
        });
        _server.MapGet("/traces/{id}", context =>
        {
            if (Find(context) is { } view)
            {
                return PageAsync(context, TracePages.One(view));
            }

            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return PageAsync(context, TracePages.List(_store.Latest(MostListed, all: false), _store.Counts, all: false, IdOf(context)));
        });
    }

    private static async Task TakeAsync(HttpContext context, Action<byte[]> take)
    {
        if (context.Request.ContentType?.Split(';')[0].Trim() != Protobuf)
        {
            await RefuseAsync(
                context, StatusCodes.Status415UnsupportedMediaType, $"Content-Type must be {Protobuf}; set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf at the sender");
            return;
        }

        // What was gzip, br or deflate has lost this header on its way here.
        if (context.Request.Headers.ContentEncoding.ToString() is { Length: > 0 } encoding and not "identity")
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, $"Content-Encoding {encoding} is not known here; send gzip or nothing");
            return;
        }

        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            take(body.ToArray());
            context.Response.ContentType = Protobuf;
        }
        catch (BadHttpRequestException exception)
        {
            await RefuseAsync(context, exception.StatusCode, $"an export has at most {MostBodyBytes} bytes: {exception.Message}");
        }
        catch (InvalidDataException exception)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, $"the body is not what its Content-Encoding says: {exception.Message}");
        }
        catch (InvalidProtocolBufferException exception)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            context.Response.ContentType = Protobuf;
            var status = new Grpc.Rpc.Status { Code = (int)GrpcStatusCode.InvalidArgument, Message = $"the body is no OTLP export: {exception.Message}" };
            await context.Response.Body.WriteAsync(status.ToByteArray(), context.RequestAborted);
        }
    }

    private TraceView? Find(HttpContext context) => _store.Find(IdOf(context)) is { } content ? Waterfall.Of(content) : null;

    private static string IdOf(HttpContext context) => context.GetRouteValue("id") as string ?? "";

    private static bool All(HttpContext context) => context.Request.Query["all"] == "true";

    private static Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { message }, Format, context.RequestAborted);
    }

    private static Task PageAsync(HttpContext context, string html)
    {
        context.Response.ContentType = "text/html; charset=utf-8";

        // Whatever slipped through the escaping would find nothing that runs it.
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsync(html, context.RequestAborted);
    }
}

internal sealed record TraceListing(IReadOnlyList<TraceSummary> Traces, StoreCounts Store);
