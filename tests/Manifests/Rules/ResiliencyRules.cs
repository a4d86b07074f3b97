using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>One policy for everything that is called, and limits that nest.</summary>
internal static partial class ResiliencyRules
{
    // Services wait for each other, the gateway for an answer's headers, the payment service for its provider, the notification service for its mail server.
    private static readonly double Service = Constant("services/service-defaults/Resilience/AppCallHandler.cs", "Patience");
    private static readonly double Gateway = Constant("services/gateway/Forwarding/Forwarder.cs", "Patience");
    private static readonly double Payment = Constant("services/payment/PaymentOptions.cs", "Timeout");
    private static readonly double Mail = Constant("services/notification/Mail/MailSidecar.cs", "Patience");
    private static readonly double Publish = Constant("services/service-defaults/Events/BulkPublishClient.cs", "CallLimit");

    // What the same policy says where it is run and drilled every day.
    private static readonly JsonObject Local = YamlText.Single(Repository.Read("components/redis/resiliency.yaml"));

    public static IEnumerable<Violation> Check(Cluster cluster)
    {
        var all = cluster.Dapr("Resiliency");
        return all is [var only] ? Of(cluster, only).Select(found => Violation.Of(found.Rule, only, found.What)) : [new Violation("resiliency", "cluster", $"{all.Count} policies")];
    }

    private static IEnumerable<(string Rule, string What)> Of(Cluster cluster, Resource resiliency)
    {
        var (policies, targets) = (resiliency.Root.At("spec", "policies"), resiliency.Root.At("spec", "targets"));
        var endpoints = cluster.Dapr("HTTPEndpoint").Select(one => one.Name);
        var apps = targets.Members("apps").Select(one => one.Key).ToList();
        var components = targets.Members("components").Select(one => one.Key).ToList();
        foreach (var name in CallGraph.All.Select(call => call.Callee).Distinct().Concat(endpoints).Except(apps).Concat(cluster.Components.Select(one => one.Name).Except(components)))
        {
            yield return ("resiliency", $"{name} has no policy");
        }

        foreach (var name in apps.Except(cluster.AppIds).Except(endpoints).Concat(components.Except(cluster.Components.Select(one => one.Name))))
        {
            yield return ("resiliency", $"{name} is not there");
        }

        var used = Used(targets).ToList();
        foreach (var (kind, name) in used.Where(one => !policies.Has(one.Kind, one.Name)))
        {
            yield return ("resiliency", $"{name} is not one of the {kind}");
        }

        foreach (var (kind, members) in policies.Members())
        {
            foreach (var name in members.Members().Select(one => one.Key).Where(name => !used.Contains((kind, name))))
            {
                yield return ("resiliency", $"{name} of the {kind} is used by nothing");
            }
        }

        foreach (var problem in Retries(policies).Concat(Delivery(cluster, policies, targets)).Concat(Nesting(policies, targets)).Concat(AsLocally(policies, targets)))
        {
            yield return problem;
        }
    }

    private static IEnumerable<(string Kind, string Name)> Used(JsonNode? targets)
    {
        var places = targets.Members("apps").Select(one => one.Value)
            .Concat(targets.Members("components").SelectMany(one => one.Value.Members()).Select(one => one.Value));
        foreach (var (member, kind) in new[] { ("timeout", "timeouts"), ("retry", "retries"), ("circuitBreaker", "circuitBreakers") })
        {
            foreach (var name in places.Select(place => place.Text(member)).Where(name => name.Length > 0))
            {
                yield return (kind, name);
            }
        }
    }

    private static IEnumerable<(string Rule, string What)> Retries(JsonNode? policies)
    {
        foreach (var (name, retry) in policies.Members("retries"))
        {
            if (retry.Number("maxRetries") is null or < 0 or > 10)
            {
                yield return ("retries", $"{name} has no end");
            }

            var pause = retry.Text("policy") switch { "constant" => retry.Text("duration"), "exponential" => retry.Text("maxInterval"), _ => "" };
            if (Durations.Seconds(pause) is null)
            {
                yield return ("retries", $"{name} says no pause");
            }
        }

        foreach (var (name, timeout) in policies.Members("timeouts").Where(one => Durations.Seconds(one.Value.Text()) is null or 0))
        {
            yield return ("timeouts", $"{name} is {timeout.Text()}");
        }

        // A breaker would count every sold-out answer, and open (decision 0010).
        if (policies.Has("circuitBreakers"))
        {
            yield return ("breakers", "would open on answers that are right");
        }
    }

    private static IEnumerable<(string Rule, string What)> Delivery(Cluster cluster, JsonNode? policies, JsonNode? targets)
    {
        var retry = policies.At("retries", targets.Text("components", "pubsub", "inbound", "retry"));
        if (retry is null || retry.Number("maxRetries") is null or 0)
        {
            yield return ("delivery", "a message is tried once (L1)");
        }
        else if (Durations.Seconds(Cluster.Metadata(cluster.Component("pubsub"), "processingTimeout")) is { } limit && Longest(retry) >= limit)
        {
            yield return ("delivery", $"retries of {Longest(retry)} s outlast the {limit} s after which another sidecar takes the message (L3)");
        }
    }

    // Half a second, half as much again each time, up to the longest pause, with a jitter of half.
    private static double Longest(JsonNode retry)
    {
        if (retry.Text("policy") == "constant")
        {
            return (retry.Number("maxRetries") ?? 0) * (Durations.Seconds(retry.Text("duration")) ?? 5);
        }

        var most = Durations.Seconds(retry.Text("maxInterval")) ?? 60;
        var (sum, pause) = (0.0, 0.5);
        for (var at = 0; at < (retry.Number("maxRetries") ?? 0); at++, pause *= 1.5)
        {
            sum += Math.Min(pause * 1.5, most);
        }

        return sum;
    }

    private static IEnumerable<(string Rule, string What)> Nesting(JsonNode? policies, JsonNode? targets)
    {
        double Timeout(params ReadOnlySpan<string> target) => Durations.Seconds(policies.Text("timeouts", targets.Text([.. target, "timeout"]))) ?? double.PositiveInfinity;
        if (Timeout("apps", "payment-provider") >= Payment || Payment >= Timeout("apps", "payment"))
        {
            yield return ("nesting", $"the provider's limit, the {Payment} s of the payment service and the limit of payment do not nest");
        }

        // A sidecar makes a call again that has reached its limit: by then nobody may wait for it any more (decision 0036).
        if (Service >= Gateway || new[] { "catalog", "inventory", "loyalty", "payment" }.Any(app => Timeout("apps", app) <= Gateway))
        {
            yield return ("nesting", $"the {Service} s of a service, the {Gateway} s of the gateway and an app's limit do not nest");
        }

        if (new[] { "statestore", "lockstore", "configstore", "secretstore" }.Any(store => Timeout("components", store, "outbound") >= Timeout("apps", "inventory")))
        {
            yield return ("nesting", "a store's limit is not below an app's");
        }

        if (Timeout("components", "pubsub", "outbound") >= Publish || Timeout("components", "mail", "outbound") >= Mail)
        {
            yield return ("nesting", "a publish or a mail outlasts whoever waits for it");
        }

        if (!double.IsPositiveInfinity(Timeout("apps", "order")) || !double.IsPositiveInfinity(Timeout("apps", "notification")))
        {
            yield return ("nesting", "an event stream would be cut off");
        }
    }

    private static IEnumerable<(string Rule, string What)> AsLocally(JsonNode? policies, JsonNode? targets)
    {
        foreach (var (name, there) in Local.Members("spec", "targets", "apps").Where(one => !JsonNode.DeepEquals(one.Value, targets.At("apps", one.Key))))
        {
            yield return ("as-locally", $"{name} differs from components/: {there?.ToJsonString()}");
        }

        foreach (var (name, retry) in Local.Members("spec", "policies", "retries").Where(one => !JsonNode.DeepEquals(one.Value, policies.At("retries", one.Key))))
        {
            yield return ("as-locally", $"{name} differs from components/: {retry?.ToJsonString()}");
        }
    }

    private static double Constant(string file, string name) =>
        double.Parse(Seconds().Matches(Repository.Read(file)).Single(match => match.Groups[1].Value == name).Groups[2].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"TimeSpan (\w+)[^=]*= TimeSpan\.FromSeconds\((\d+)\)")]
    private static partial Regex Seconds();
}
