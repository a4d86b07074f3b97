using System.Text.RegularExpressions;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests;

/// <param name="Path">An example where the code fills something in.</param>
internal sealed record Call(string Caller, string Callee, string Verb, string Path);

/// <summary>Who calls whom through sidecars, read from the code of the services.</summary>
internal static partial class CallGraph
{
    private static readonly string RouteTable = Repository.Read("services/gateway/Routes/RouteTable.cs");

    public static IReadOnlyList<Call> All { get; } = [.. PublicRoutes().Concat(Readiness()).Concat(GatewayCalls()).Concat(Clients()).Concat(DeadLetters()).Distinct()];

    /// <summary>Apps whose replicas call each other, since their actors or workflows live in one of them.</summary>
    public static IReadOnlyList<string> WithActors { get; } = [.. Apps("RegisterActor<").Union(Apps("AddDaprWorkflow("))];

    /// <summary>The apps whose code has this text.</summary>
    public static IReadOnlyList<string> Apps(string text) =>
    [
        .. Repository.ServiceSources
            .Where(file => Repository.Read(file).Contains(text, StringComparison.Ordinal))
            .Select(file => file.Split('/')[1])
            .Where(folder => folder is not ("contracts" or "service-defaults"))
            .Distinct(),
    ];

    private static IEnumerable<Call> PublicRoutes() => PublicRoute().Matches(RouteTable)
        .Select(match => new Call("gateway", match.Groups[3].Value.ToLowerInvariant(), match.Groups[1].Value, Example(match.Groups[2].Value)))
        .Where(call => call.Callee != "gateway");

    private static IEnumerable<Call> Readiness() => PublicRoutes().Select(call => new Call("gateway", call.Callee, "GET", "/health")).Distinct();

    private static IEnumerable<Call> GatewayCalls() => Repository.ServiceSources
        .Where(file => file.StartsWith("services/gateway/", StringComparison.Ordinal))
        .SelectMany(file => GatewayCall().Matches(Repository.Read(file)))
        .Select(match => new Call("gateway", match.Groups[2].Value.ToLowerInvariant(), match.Groups[1].Value.ToUpperInvariant(), Example(match.Groups[3].Value)));

    // A client is given its callee where the host is put together; its own file says what it calls there.
    private static IEnumerable<Call> Clients() =>
        from file in Repository.ServiceSources
        from given in ClientOf().Matches(Repository.Read(file))
        let name = given.Groups[1].Value
        let source = Repository.ServiceSources.Single(other => Repository.Read(other).Contains($"class {name}(", StringComparison.Ordinal))
        from call in ClientCall().Matches(Repository.Read(source))
        select new Call(file.Split('/')[1], given.Groups[2].Value.ToLowerInvariant(), call.Groups[1].Value.ToUpperInvariant(), Example("/" + call.Groups[2].Value));

    // The order service asks consumers for their notes and delivers to them again; to itself without leaving its sidecar.
    private static IEnumerable<Call> DeadLetters() =>
        from subscription in YamlText.Documents(Repository.Read("components/redis/subscriptions.yaml"))
        let app = subscription.Texts("scopes")[0]
        where app != "order" && subscription.Has("spec", "deadLetterTopic")
        from call in subscription.Items("spec", "routes", "rules").Select(rule => rule.Text("path")).Append(subscription.Text("spec", "routes", "default"))
            .Select(path => ("POST", path)).Append(("GET", "/internal/failures"))
        select new Call("order", app, call.Item1, call.Item2);

    private static string Example(string template) => Placeholder().Replace(template, "x");

    [GeneratedRegex("""new\("(\w+)", "(/[^"]+)", "\w+", AppIds\.(\w+),""")]
    private static partial Regex PublicRoute();

    [GeneratedRegex("""CreateRequest\(HttpMethod\.(\w+), AppIds\.(\w+), \$?"([^"]+)"\)""")]
    private static partial Regex GatewayCall();

    [GeneratedRegex(@"(?:new )?(\w+)(?:\.Over)?\((?:DaprClient\.CreateInvokeHttpClient|provider\.AppClient)\(AppIds\.(\w+)\)\)")]
    private static partial Regex ClientOf();

    [GeneratedRegex("""\.?(Get|Post|Put|Delete)\w*Async(?:<[^(]*>)?\(\s*\$?"(internal/[^"]*)["]""")]
    private static partial Regex ClientCall();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Placeholder();
}
