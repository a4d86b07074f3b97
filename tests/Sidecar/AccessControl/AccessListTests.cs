using Sidecar.AccessControl;
using Sidecar.Configuration;
using Sidecar.Grpc;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.AccessControl;

/// <summary>Decisions of spec.accessControl (dapr-contract.md 7.5).</summary>
public sealed class AccessListTests
{
    private const string Shop = """
        defaultAction: deny
        trustDomain: public
        policies:
          - appId: caller
            defaultAction: deny
            trustDomain: public
            namespace: default
            operations:
              - { name: /orders/*, httpVerb: [GET, POST], action: allow }
              - { name: /orders/secret, httpVerb: ["*"], action: deny }
              - { name: items/*/price, httpVerb: ["*"], action: allow }
              - { name: /v*/list, httpVerb: [GET], action: allow }
          - { appId: trusted, defaultAction: allow, trustDomain: public, namespace: default, operations: [{ name: /admin/*, httpVerb: ["*"], action: deny }] }
          - { appId: plain, trustDomain: public, namespace: default }
        """;

    private const string Grpc = """
        defaultAction: deny
        policies:
          - { appId: caller, trustDomain: public, namespace: default, operations: [{ name: /shop.Orders/Get, action: allow }, { name: /shop.Public/*, action: allow }] }
          - { appId: trusted, defaultAction: allow, trustDomain: public, namespace: default, operations: [{ name: /shop.Orders/Delete, action: deny }] }
        """;

    private static readonly Caller Known = new("caller", "default", "public");
    private static readonly Caller Trusted = new("trusted", "default", "public");

    [Theory]
    [InlineData("/orders/1", "GET", true)]
    [InlineData("/orders/1/lines/2", "POST", true)]
    [InlineData("/ORDERS/1", "get", true)]
    [InlineData("/orders/1", "DELETE", false)]
    [InlineData("/orders", "GET", false)]
    [InlineData("/orders/secret", "GET", false)]
    [InlineData("/Orders/SECRET", "GET", false)]
    [InlineData("/orders/%73ecret", "GET", false)]
    [InlineData("/orders/%2573ecret", "GET", false)]
    [InlineData("/orders/x%2F..%2Fsecret", "GET", false)]
    [InlineData("/orders//secret", "GET", false)]
    [InlineData("/orders/secret;v=1", "GET", false)]
    [InlineData("/orders%5Csecret", "GET", false)]
    [InlineData("/orders/..%2Fother", "GET", false)]
    [InlineData("/items/7/price", "PATCH", true)]
    [InlineData("/items/7/8/price", "GET", false)]
    [InlineData("/items/7%2F8/price", "GET", false)]
    [InlineData("/v2/list", "GET", true)]
    [InlineData("/", "GET", false)]
    public void Http_OfACallerWithAPolicy_IsDecidedByTheOperation(string path, string verb, bool isAllowed) =>
        Assert.Equal(isAllowed, IsAllowed(Shop, "http", Known, path, verb));

    [Theory]
    [InlineData("/anything", "GET", true)]
    [InlineData("/admin/users", "GET", false)]
    [InlineData("/admin/users", "PROPFIND", false)]
    [InlineData("/Admin/users", "GET", false)]
    [InlineData("/%61dmin/users", "GET", false)]
    [InlineData("/%2561dmin/users", "GET", false)]
    [InlineData("/admin%2Fusers", "GET", false)]
    [InlineData("/x/%2E%2E/admin/users", "GET", false)]
    [InlineData("/admin;a=b/users", "GET", false)]
    public void Http_OfACallerWhomEverythingElseIsAllowed_CannotGetAroundADenial(string path, string verb, bool isAllowed) =>
        Assert.Equal(isAllowed, IsAllowed(Shop, "http", Trusted, path, verb));

    [Theory]
    [InlineData("stranger", "default", "public")]
    [InlineData("", "", "")]
    [InlineData("trusted", "other", "public")]
    [InlineData("trusted", "default", "elsewhere")]
    [InlineData("TRUSTED", "default", "public")]
    [InlineData("plain", "default", "public")]
    public void Caller_WithoutAPolicyThatFits_GetsTheDefault(string appId, string appNamespace, string trustDomain)
    {
        Assert.False(IsAllowed(Shop, "http", new Caller(appId, appNamespace, trustDomain), "/anything", "GET"));
        Assert.True(IsAllowed("{ defaultAction: allow }", "http", new Caller(appId, appNamespace, trustDomain), "/anything", "GET"));
    }

    [Theory]
    [InlineData("/shop.Orders/Get", true)]
    [InlineData("/shop.Orders/Delete", false)]
    [InlineData("/shop.Public/Anything", true)]
    [InlineData("/shop.Orders/get", false)]
    public void Grpc_OfACallerWithAPolicy_NeedsNoVerbAndTheExactCase(string path, bool isAllowed) =>
        Assert.Equal(isAllowed, IsAllowed(Grpc, "grpc", Known, path, "POST"));

    [Theory]
    [InlineData("/shop.Orders/Get", true)]
    [InlineData("/shop.Orders/Delete", false)]
    [InlineData("/shop.orders/delete", false)]
    [InlineData("/shop.Orders/%44elete", false)]
    [InlineData("/shop.Orders/%2544elete", false)]
    public void Grpc_OfACallerWhomEverythingElseIsAllowed_CannotGetAroundADenial(string path, bool isAllowed) =>
        Assert.Equal(isAllowed, IsAllowed(Grpc, "grpc", Trusted, path, "POST"));

    [Fact]
    public void List_Empty_RestrictsNothingAndOneWithoutADefaultDenies()
    {
        Assert.True(IsAllowed("{}", "http", new Caller("", "", ""), "/m", "GET"));
        Assert.False(IsAllowed("{ trustDomain: public }", "http", Known, "/m", "GET"));
        Assert.False(IsAllowed("{ policies: [{ appId: x, trustDomain: t, namespace: n }] }", "http", Known, "/m", "GET"));
    }

    [Fact]
    public void Self_IsNeverAsked() => Assert.True(IsAllowed("{ defaultAction: deny }", "http", new Caller("callee", "default", "public"), "/m", "GET"));

    [Theory]
    [InlineData("{ defaultAction: dney }", "spec.accessControl.defaultAction: must be allow or deny, not 'dney'")]
    [InlineData("{ policies: [{ appId: a, namespace: n }] }", "spec.accessControl.policies[0].trustDomain: is required")]
    [InlineData("{ policies: [{ appId: a, trustDomain: t }] }", "spec.accessControl.policies[0].namespace: is required")]
    [InlineData("{ policies: [{ trustDomain: t, namespace: n }] }", "spec.accessControl.policies[0].appId: is required")]
    [InlineData("{ policies: [{ appId: a, trustDomain: t, namespace: n, operations: [{ name: /x }] }] }", "spec.accessControl.policies[0].operations[0].action: is required: allow or deny")]
    public void Mistake_InTheList_IsNamed(string accessControl, string expected)
    {
        var (_, errors) = Load(accessControl);

        Assert.EndsWith(expected, Assert.Single(errors).ToString(), StringComparison.Ordinal);
    }

    private static bool IsAllowed(string accessControl, string protocol, Caller caller, string path, string verb)
    {
        var (resources, errors) = Load(accessControl);
        Assert.Empty(errors);
        var list = new AccessList(new SidecarOptions { AppId = "callee", AppProtocol = protocol }, resources);
        try
        {
            list.Check(caller, path, verb);
            return true;
        }
        catch (InvocationRefusedException refused)
        {
            Assert.Equal(
                (GrpcStatusCode.PermissionDenied, $"access control policy has denied access to id: {caller.AppId} operation: {path} verb: {verb}"),
                (refused.Code, refused.Message));
            return false;
        }
    }

    private static (SidecarResources Resources, IReadOnlyList<ConfigurationError> Errors) Load(string accessControl)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(
                file,
                $"apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: {{ name: c }}\nspec:\n  accessControl:\n{string.Join('\n', accessControl.Split('\n').Select(line => $"    {line}"))}\n");
            var errors = new List<ConfigurationError>();
            var scope = new ResourceScope("callee", null, _ => null, () => "id");
            return (new ResourceLoader(scope, errors).Load([], [file]), errors);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
