#lang racket/base
;; The substitution: what variables are bound to, and unification as a plain function over it.

(require "sharing.rkt" "term.rkt" "trie.rkt")
(provide (struct-out attribute) no-attribute
         walk/store walk*/store store-attribute
         occurs-in? compound? mismatch bind-in unify-in many-parts)

;; A Store is a Trie: variable number -> what is known of the variable: a Term (it is bound), or an
;; Attribute (it is not).

;; An Attribute is what is known of an unbound variable, (attribute TYPE DOMAIN ABSENT WATCHES):
;;   TYPE     #f | 'sym | 'num | 'str | a sorted list of types that it must not have
;;   DOMAIN   #f | a Domain (domain.rkt); a variable with a domain is an integer
;;   ABSENT   list of terms that must not occur in it (absento)
;;   WATCHES  serial numbers of constraints that are looked at when the variable changes; a number
;;            whose constraint has left the store is ignored
(struct attribute (type domain absent watches) #:prefab)
(define no-attribute (attribute #f #f '() '()))

;; #f is a Term, but a trie cannot hold it.
(struct falsity () #:prefab)
(define false-term (falsity))

(define (walk/store t store)
  (cond
    [(pair? t) t]
    [(var? t)
     (let ([known (trie-ref store (var-id t))])
       (cond [(pair? known) known]
             [(not known) t]
             [(var? known) (walk/store known store)]
             [(attribute? known) t]
             [(falsity? known) #f]
             [else known]))]
    [else t]))

(define (store-attribute store v)
  (define known (trie-ref store (var-id v)))
  (if (attribute? known) known no-attribute))

;; The term with every bound variable replaced, all the way down. Parts that the term shares are
;; shared in the result as well.
(define (walk*/store t store)
  (define visits (make-visits))
  (define (walked t)
    (let ([t (walk/store t store)])
      (cond [(pair? t) (visited visits t (rebuilt-pair t))]
            [(vector? t)
             (visited visits t (for/vector #:length (vector-length t) ([e (in-vector t)])
                                 (walked e)))]
            [else t])))
  (define (rebuilt-pair t)
    (let ([a (walked (car t))] [d (walked (cdr t))])
      (if (and (eq? a (car t)) (eq? d (cdr t))) t (cons a d))))
  (walked t))

;; Can another variable occur in t?
(define (compound? t) (or (pair? t) (var? t) (vector? t)))

;; Does the unbound variable number `id` occur in t?
(define (occurs-in? id t store)
  (define visits (make-visits))
  (let loop ([t t])
    (let ([t (walk/store t store)])
      (cond [(pair? t) (and (first-visit? visits t) (or (loop (car t)) (loop (cdr t))))]
            [(var? t) (eq? (var-id t) id)]
            [(vector? t) (and (first-visit? visits t) (for/or ([e (in-vector t)]) (loop e)))]
            [else (mismatch t)]))))

;; Binds the unbound variable v to t. `pending` gathers (ATTRIBUTE V . T) for variables of which
;; something was known: the caller hands it to the constraints (store.rkt).
;; -> Store, pending
(define-syntax-rule (bind-in v t store pending)
  (let* ([id (var-id v)] [known (trie-ref store id)])
    (values (trie-set store id (or t false-term))
            (if known (cons (cons known (cons v t)) pending) pending))))

;; -> Store that makes u and v equal, or #f; and pending
(define (unify-in u v store pending)
  (let ([u (walk/store u store)] [v (walk/store v store)])
    (cond
      [(eq? u v) (values store pending)]
      [(var? u)
       (cond [(pair? v) (bind-checked u v store pending)]
             [(var? v)
              (cond [(eq? (var-id u) (var-id v)) (values store pending)]
                    [(< (var-id u) (var-id v)) (bind-in v u store pending)]  ; younger to older
                    [else (bind-in u v store pending)])]
             [(vector? v) (bind-checked u v store pending)]
             [else (check-term '== v) (bind-in u v store pending)])]
      [(var? v) (unify-in v u store pending)]
      [(pair? u) (if (pair? v)
                     (unify-parts u v store pending (make-visits many-parts))
                     (values #f pending))]
      [(vector? u) (if (vector? v)
                       (unify-parts u v store pending (make-visits many-parts))
                       (values #f pending))]
      [else (values (if (equal? u v) store (or (mismatch u) (mismatch v))) pending)])))

;; Lists of this length are unified without remembering their parts, which would take ten times as
;; long.
(define many-parts 10000)

;; The same for two pairs or two vectors.
(define (unify-parts u v store pending visits)
  (define (unify u v store pending)
    (let ([u (walk/store u store)] [v (walk/store v store)])
      (cond
        [(or (and (pair? u) (pair? v)) (and (vector? u) (vector? v)))
         (if (eq? u v)
             (values store pending)
             (unify-parts u v store pending visits))]
        [else (unify-in u v store pending)])))
  (cond
    [(joined? visits u v) (values store pending)]
    [(pair? u)
     (let-values ([(store pending) (unify (car u) (car v) store pending)])
       (if store
           (unify (cdr u) (cdr v) store pending)
           (values #f pending)))]
    [(= (vector-length u) (vector-length v))
     (let loop ([i 0] [store store] [pending pending])
       (if (or (not store) (= i (vector-length u)))
           (values store pending)
           (let-values ([(store pending)
                         (unify (vector-ref u i) (vector-ref v i) store pending)])
             (loop (add1 i) store pending))))]
    [else (values #f pending)]))

;; An atom is not what is looked for; something that is no term at all is a mistake.
(define (mismatch t)
  (unless (or (symbol? t) (pair? t) (null? t) (fixnum? t)) (check-term '== t))
  #f)

(define (bind-checked v t store pending)
  (if (occurs-in? (var-id v) t store)
      (values #f pending)
      (bind-in v t store pending)))
