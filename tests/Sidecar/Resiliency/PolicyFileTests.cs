using DaprShop.Tests.Wire;

namespace DaprShop.Tests.Resiliency;

public sealed class PolicyFileTests
{
    [Fact]
    public async Task File_WithPoliciesAndRulesThatCannotBeHonoured_IsRefusedWithLineAndMemberOfEach()
    {
        const string Policies = """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: { name: r }
            spec:
              policies:
                timeouts:
                  t: soon
                retries:
                  r:
                    policy: constant
                    matching:
                      httpStatusCodes: 5xx
                circuitBreakers:
                  c:
                    trip: totalFailures / requests > 0.5
              targets:
                apps:
                  order: { retry: rr }
            """;
        const string Subscription = """
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata: { name: s }
            spec:
              pubsubname: pubsub
              topic: t
              routes:
                rules:
                  - match: has(event.data.x)
                    path: /x
              bulkSubscribe:
                maxMessagesCount: many
            """;

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => RunningSidecar.StartAsync(Policies, Subscription));

        Assert.Equal(
            [
                "00.yaml:7: spec.policies.timeouts.t: must be a duration such as 500ms, 5s or 1h30m, not 'soon'",
                "00.yaml:12: spec.policies.retries.r.matching.httpStatusCodes: '5xx' is not a status code or a range of codes between 100 and 599",
                "00.yaml:15: spec.policies.circuitBreakers.c.trip: '/' at column 15 is not supported here",
                "01.yaml:9: spec.routes.rules[0].match: the function 'has' at column 1 is not supported",
                "01.yaml:12: spec.bulkSubscribe.maxMessagesCount: must be a whole number of at least 0, not 'many'",
                "00.yaml:18: spec.targets.apps.order.retry: there is no retry policy 'rr'; did you mean 'r'?",
            ],
            exception.Message.Split(Environment.NewLine).Select(line => line[(line.IndexOf(".yaml", StringComparison.Ordinal) - 2)..]));
    }
}
