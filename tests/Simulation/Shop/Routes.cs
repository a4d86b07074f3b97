using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DaprShop.Tests.Simulation.Shop;

/// <summary>
/// The real endpoints of a service, made once for all runs. A request takes its services from whatever process it is served by.
/// </summary>
internal sealed class Routes : IEndpointRouteBuilder
{
    private readonly Dictionary<(string Method, string Path), RequestDelegate> _exact = [];
    private readonly List<(string Method, string[] Segments, RequestDelegate Run)> _templates = [];

    public Routes(IServiceProvider services, Action<IEndpointRouteBuilder> map)
    {
        ServiceProvider = services;
        map(this);
        foreach (var endpoint in DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
        {
            var path = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
            {
                if (path.Contains('{', StringComparison.Ordinal))
                {
                    _templates.Add((method, path.Split('/'), endpoint.RequestDelegate!));
                }
                else
                {
                    _exact[(method, path)] = endpoint.RequestDelegate!;
                }
            }
        }
    }

    public IServiceProvider ServiceProvider { get; }

    public ICollection<EndpointDataSource> DataSources { get; } = [];

    public IApplicationBuilder CreateApplicationBuilder() => new ApplicationBuilder(ServiceProvider);

    /// <summary>Sets the route's values.</summary>
    public RequestDelegate Find(HttpRequest request)
    {
        var path = request.Path.Value!;
        if (_exact.TryGetValue((request.Method, path), out var exact))
        {
            return exact;
        }

        var segments = path.Split('/');
        foreach (var (method, template, run) in _templates)
        {
            if (method == request.Method && Matches(template, segments, request.RouteValues))
            {
                return run;
            }
        }

        throw new InvalidOperationException($"There is no route {request.Method} {path}.");
    }

    private static bool Matches(string[] template, string[] segments, RouteValueDictionary values)
    {
        if (template.Length != segments.Length)
        {
            return false;
        }

        values.Clear();
        for (var index = 0; index < template.Length; index++)
        {
            if (template[index].StartsWith('{'))
            {
                values[template[index].Trim('{', '}')] = Uri.UnescapeDataString(segments[index]);
            }
            else if (template[index] != segments[index])
            {
                return false;
            }
        }

        return true;
    }
}
